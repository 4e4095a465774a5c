// The StatefulSets that run an instance's servers, as an upgrade finds them: which container, which pods are still to
// be replaced, and whether it is an upgrade's business at all.
#pragma once

#include "base/result.h"
#include "commands/upgrade_record.h"
#include "fleet/node.h"
#include "kube/client.h"
#include "kube/rollout.h"
#include "topology/picture.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl {

struct UpgradedSet {
    kube::Rollout rollout;
    std::string container;
    std::string image;  // that it is to have
    // Of an upgrade that is not over; else how it is now.
    PreviousSet previous;
    bool begun = false;  // it carries the note of one that is not over
};

// The pod of a Redis node; nullptr when it is being deleted, or not there yet.
const kube::Pod* pod_of(const fleet::Instance& instance, const std::string& node);
// The StatefulSet that it belongs to; empty when it belongs to none.
std::string set_of(const kube::Pod& pod);

// Errors: refused, where somebody else decides about these pods (an operator, a Deployment), or where there is nobody
// to take over (NO_REPLICA); not_found for a container; those of the API.
Result<std::vector<UpgradedSet>> find_sets(kube::Client& client, const fleet::Instance& instance,
                                           const topology::Picture& picture, const std::string& container);

// Once more, for what their controller says; the images that they are to have stay.
Result<void> read_again(kube::Client& client, std::vector<UpgradedSet>& sets);

// Was this pod made of the newest template, and does that have the image? Not known before the controller has seen it.
bool is_upgraded(const std::vector<UpgradedSet>& sets, const kube::Pod& pod);

// The image of the container that is upgraded; empty when the pod has none.
std::string image_of(const std::vector<UpgradedSet>& sets, const kube::Pod& pod);

}  // namespace redisctl
