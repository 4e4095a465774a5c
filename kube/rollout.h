// A StatefulSet while its pods are replaced one by one by somebody else than its controller: whose image, how the
// controller would roll it, and what was noted on it meanwhile.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"
#include "kube/objects.h"
#include "kube/reads.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::kube {

struct Rollout {
    StatefulSet set;
    std::vector<Container> containers;  // of the pod template
    std::string strategy;               // spec.updateStrategy as JSON text
    std::string note;                   // annotation redisctl.io/upgrade; empty: there is none
    bool annotated = false;             // has any annotations

    // The controller knows its last change, so that update_revision is that of the template.
    bool seen() const { return set.observed_generation >= set.generation; }
    // nullptr when the template has no such container.
    const Container* find(std::string_view container) const;
};

inline constexpr std::string_view upgrade_annotation = "redisctl.io/upgrade";
// Of a pod: the revision of the template that it was made of.
inline constexpr std::string_view revision_label = "controller-revision-hash";

Result<Rollout> parse_rollout(std::string_view json);
Reading<Rollout> read_rollout(Client& client, const std::string& ns, const std::string& name, Deadline deadline);

// The template gets the image, the note is left, and from the same moment on the controller replaces no pod by itself:
// the strategy is OnDelete. A partition would not do: whoever is below it comes back with the old image, so that only
// the pods of the highest ordinals could go first, and the master may be any. Errors: those of guarded_patch.
Result<void> hold_rollout(Client& client, const Rollout& rollout, const std::string& container,
                          const std::string& image, const std::string& note, Deadline deadline);

// The image (that it has, to leave it) and the strategy as they are wanted, and the note is taken away.
Result<void> release_rollout(Client& client, const Rollout& rollout, const std::string& container,
                             const std::string& image, const std::string& strategy, Deadline deadline);

}  // namespace redisctl::kube
