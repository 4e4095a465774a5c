// Changes of single objects, each guarded so that a repeat does no harm and a concurrent change is seen.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"
#include "kube/objects.h"
#include "kube/resource.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::kube {

// One operation of a JSON patch (RFC 6902).
struct PatchOp {
    std::string op;     // test | add | replace | remove
    std::string path;   // a JSON pointer, see json_pointer
    std::string value;  // JSON text; empty for remove
};

// {"spec","selector","statefulset.kubernetes.io/pod-name"} → "/spec/selector/statefulset.kubernetes.io~1pod-name"
std::string json_pointer(const std::vector<std::string_view>& steps);
// A text, and a map of texts (labels, a selector), as JSON.
std::string json_text(std::string_view text);
std::string json_object(const Labels& labels);

// Applies all of it or nothing. A patch should begin with tests (of the old value, the uid or the resourceVersion):
// then doing it twice is harmless. Gives the metadata after the change. Errors: `conflict`, with the server's words as
// the cause, when a test failed (reason PATCH_TEST), what is to be removed is not there, or somebody else changed the
// object; reason UNKNOWN_OUTCOME (kube/request.h) when it may or may not have been done; not_found, forbidden with the
// rule to add; `server` when the object would become invalid; `internal` when a value is no JSON.
Result<Meta> guarded_patch(Client& client, const Resource& resource, const std::string& ns, const std::string& name,
                           const std::vector<PatchOp>& ops, Deadline deadline);

// Only when it still is the pod with this uid. Errors: as above; `conflict` when the pod of that name is another one,
// not_found when there is none.
enum class Grace {
    shortest,  // 1 s: the shortest that waits for the kubelet
    own,       // what the pod's spec says, so that its server ends as it always does
};
Result<void> delete_pod(Client& client, const std::string& ns, const std::string& name, const std::string& uid,
                        Deadline deadline, Grace grace = Grace::shortest);

}  // namespace redisctl::kube
