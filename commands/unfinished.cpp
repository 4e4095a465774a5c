#include "commands/unfinished.h"

#include "base/text.h"
#include "failover/lease_lock.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace redisctl {

Result<void> none_unfinished(const Environment& environment, const failover::Plan& plan,
                             const std::vector<failover::Recorded>& superseded) {
    std::vector<Error> unreadable;
    for (const failover::Recorded& recorded : failover::read_journals(environment, unreadable)) {
        const failover::Plan& other = recorded.plan;
        if (recorded.ended || other.instance != plan.instance || other.ns != plan.ns) continue;
        const std::string_view at = recorded.last_step.empty() ? "its beginning" : std::string_view(recorded.last_step);
        if (recorded.running)
            return fail(Error{ErrorCode::refused, fmt::format("another change of {} is under way", plan.instance),
                              fmt::format("operation {} is at work, at {}", recorded.operation, at), "redisctl history",
                              "LOCKED"});
        if (std::ranges::any_of(superseded, [&](const auto& one) { return one.operation == recorded.operation; }))
            continue;
        if (!recorded.goes_on_by.empty()) continue;
        return fail(Error{
            ErrorCode::refused, fmt::format("operation {} of {} is not finished", recorded.operation, plan.instance),
            fmt::format("{} from {} to {} stopped at {}, on {}", other.command, other.from, other.to, at,
                        recorded.started),
            fmt::format("redisctl resume {0}, or redisctl abort {0}", recorded.operation), "UNFINISHED"});
    }
    return {};
}

failover::Takeover takeover_of_dead(const Environment& environment, output::Output& output) {
    std::set<std::string> dead;
    std::vector<Error> unreadable;
    for (const failover::Recorded& recorded : failover::read_journals(environment, unreadable))
        if (!recorded.goes_on_by.empty() && !recorded.ended && !recorded.running)
            dead.insert(recorded.holders.begin(), recorded.holders.end());
    return {std::move(dead), [&output](const std::string& holder) {
                output.note(fmt::format("the lock is held by {}; waiting for up to {} s to see whether it lives",
                                        printable(holder), failover::LeaseLock::valid_for.count() / 1000));
            }};
}

}  // namespace redisctl
