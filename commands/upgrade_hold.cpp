#include "commands/upgrade_hold.h"

#include "base/interrupt.h"
#include "kube/request.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

namespace redisctl {

namespace {

constexpr Millis one_request{10'000};

// The first `count`.
Result<void> take_back(kube::Client& client, std::vector<UpgradedSet>& sets, size_t count,
                       const std::vector<std::string>& images_before) {
    const interrupt::Patience patience(2);
    TRY(read_again(client, sets));
    for (size_t i = 0; i < count; i++) {
        const PreviousSet& before = sets[i].previous;
        TRY(kube::release_rollout(client, sets[i].rollout, before.container, images_before[i], before.strategy,
                                  Deadline::after(one_request)));
    }
    return {};
}

}  // namespace

Result<void> hold_sets(kube::Client& client, std::vector<UpgradedSet>& sets, bool& held) {
    std::vector<std::string> images_before;
    for (const UpgradedSet& set : sets) images_before.push_back(set.rollout.find(set.container)->image);
    for (size_t i = 0; i < sets.size(); i++) {
        const UpgradedSet& set = sets[i];
        const auto done = kube::hold_rollout(client, set.rollout, set.container, set.image, note_of(set.previous),
                                             Deadline::after(one_request));
        if (done) {
            held = true;
            continue;
        }
        Error error = done.error();
        if (error.reason == kube::unknown_outcome) held = true;
        if (i > 0 && std::none_of(sets.begin(), sets.end(), [](const UpgradedSet& one) { return one.begun; })) {
            if (const Result<void> back = take_back(client, sets, i, images_before); back)
                held = error.reason == kube::unknown_outcome;
            else
                error.cause += fmt::format("; and {}", back.error().message);
        }
        return fail(std::move(error));
    }
    return {};
}

Result<void> release_sets(kube::Client& client, std::vector<UpgradedSet>& sets) {
    TRY(read_again(client, sets));
    const interrupt::Patience patience(2);
    for (const UpgradedSet& set : sets)
        TRY(kube::release_rollout(client, set.rollout, set.container, set.image, set.previous.strategy,
                                  Deadline::after(one_request)));
    return {};
}

}  // namespace redisctl
