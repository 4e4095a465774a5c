// What a credential plugin prints → a credential, and what its token says of itself.
#include "kube/exec_plugin.h"
#include "kube/jwt.h"

#include <cstdint>
#include <string_view>

using namespace redisctl::kube;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto credential = parse_exec_credential(text, "client.authentication.k8s.io/v1", "plugin");
    (void)jwt_expiry(credential ? credential->token.reveal() : text);
    return 0;
}
