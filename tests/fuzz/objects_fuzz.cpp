// The API server's answers → objects.
#include "kube/exec_status.h"
#include "kube/network_policy.h"
#include "kube/objects.h"
#include "kube/pod_condition.h"

#include <cstdint>
#include <string_view>

using namespace redisctl::kube;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)parse_pods(text);
    (void)parse_services(text);
    (void)parse_endpoint_slices(text);
    (void)parse_secret(text);
    (void)parse_status(text);
    (void)parse_network_policies(text);
    (void)parse_pod_condition(text);
    (void)read_exec_status(text);
    return 0;
}
