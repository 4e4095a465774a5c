// A server that is there for one answer only: a pod with a volume made of a VolumeSnapshot, where and as the pod runs
// that the data are of. Pod, PersistentVolumeClaim and Secret have one name; the pod owns the others, so that they go
// with it, whoever removes it.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::kube {

// What the pods that redisctl makes for a moment are told by. None of a chart's or an operator's selectors knows them.
inline constexpr const char *temporary_label = "redisctl.io/temporary", *operation_label = "redisctl.io/operation";

struct TemporaryServer {
    std::string ns, name, operation;
    std::string snapshot;                             // the VolumeSnapshot
    std::string size, storage_class;                  // of the volume; no class: the cluster's default
    std::string container;                            // of the pod that it is made after
    std::string image;                                // empty: that pod's
    std::vector<std::string> command;                 // settings_path is its configuration
    std::string mount_path, sub_path;                 // where it has the volume
    Secret settings;                                  // the configuration, with its password
    int64_t ends_after_seconds = 3600;                // whatever becomes of us
};
inline constexpr const char* settings_path = "/redisctl/redis.conf";

// Each as JSON to be sent. pod: the API's answer, of the pod that it is made after: its image, security contexts,
// resources, tolerations, selectors of machines, account and secrets to pull with. Errors: protocol; not_found when it
// has no such container.
Result<std::string> temporary_pod(const TemporaryServer& server, std::string_view pod);
// The uid of the pod, which owns them.
std::string temporary_claim(const TemporaryServer& server, const std::string& owner_uid);
Secret temporary_settings(const TemporaryServer& server, const std::string& owner_uid);

struct TemporaryState {
    std::string uid, ip, phase;
    bool running = false;             // its container
    std::string why;                  // it does not, as scheduler or kubelet say it; may be empty
    std::optional<int64_t> exit_code; // its container has ended
};
// Errors: protocol.
Result<TemporaryState> parse_temporary_state(std::string_view pod);

}  // namespace redisctl::kube
