// A kubeconfig's text → its entries, and those → the values to connect with.
#include "kube/kubeconfig_file.h"
#include "kube/resolve.h"

#include <cstdint>
#include <string_view>

using namespace redisctl::kube;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto config = parse_kubeconfig({reinterpret_cast<const char*>(data), size}, "config");
    if (!config) return 0;
    for (auto& [name, cluster] : config->clusters) {
        ClusterConfig out;
        cluster.ca_file.clear();  // no file of this machine is opened
        (void)resolve_cluster(name, cluster, {}, out);
    }
    for (auto& [name, user] : config->users) {
        UserConfig out;
        user.cert_file.clear();
        user.key_file.clear();
        if (resolve_user(name, user, out)) (void)resolve_impersonation({}, out);
    }
    return 0;
}
