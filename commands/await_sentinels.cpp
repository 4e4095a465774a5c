#include "commands/await_sentinels.h"

#include "failover/survey_sentinels.h"
#include "redis/node_view.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl {

namespace {

using failover::Facts;

constexpr Millis look_every{250}, one_look{2'000};

Result<void> look_again(Context& context, Facts& facts) {
    std::vector<fleet::Call> calls;
    for (const fleet::Node& node : facts.instance.nodes) calls.push_back({&node, redis::node_view_requests()});
    std::vector<fleet::Outcome> outcomes = context.fleet().exec(calls, Deadline::after(one_look));
    for (size_t i = 0; i < outcomes.size(); i++) {
        const auto& replies = outcomes[i].replies;
        if (!replies && replies.error().code == ErrorCode::interrupted) return fail(replies.error());
        facts.nodes[i].view = replies ? redis::parse_node_view(*replies) : fail(replies.error());
    }
    return failover::survey_sentinels(context.fleet(), facts, Deadline::after(one_look));
}

std::string made_master(const Facts& facts) {
    for (size_t i = 0; i < facts.nodes.size(); i++) {
        const std::string& name = facts.instance.nodes[i].name;
        if (facts.nodes[i].view && facts.nodes[i].view->role == redis::Role::master &&
            failover::settled_on(facts, name))
            return name;
    }
    return {};
}

}  // namespace

Result<Waited> await_sentinels(Context& context, OneInstance& one, const failover::Awaited& awaited) {
    const TimePoint began = SteadyClock::now();
    TimePoint end = began + awaited.at_most;
    const auto tell = [&](const failover::Awaited& what) {
        context.output().note(fmt::format("{} {}, and its Sentinels replace it: {}; waiting for up to {} s",
                                          one.facts.master, one.facts.lost_role ? "lost its role" : "is dead",
                                          what.what, what.at_most.count() / 1000));
    };
    tell(awaited);
    bool begun = false;
    for (;;) {
        TRY(context.loop().pause(Deadline::after(look_every)));
        TRY(look_again(context, one.facts));
        const Millis took = std::chrono::duration_cast<Millis>(SteadyClock::now() - began);
        if (std::string master = made_master(one.facts); !master.empty()) return Waited{std::move(master), took};
        const failover::Outlook seen = failover::outlook(one.facts);
        const bool at_it = std::any_of(one.facts.sentinels.begin(), one.facts.sentinels.end(), [](const auto& each) {
            return each.word && redis::has_flag(each.word->master.flags, "failover_in_progress");
        });
        if (at_it && !begun && seen.awaited) {
            begun = true;
            end = SteadyClock::now() + seen.awaited->at_most;
            tell(*seen.awaited);
        }
        // Between a promotion and the others' word of it there is neither a failover nor agreement.
        const bool promoted = std::any_of(one.facts.nodes.begin(), one.facts.nodes.end(), [](const auto& node) {
            return node.view && node.view->role == redis::Role::master;
        });
        if ((!seen.awaited && !promoted) || SteadyClock::now() >= end) return Waited{{}, took};
    }
}

}  // namespace redisctl
