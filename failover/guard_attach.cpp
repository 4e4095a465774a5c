#include "failover/guard_attach.h"

#include "base/time.h"
#include "redis/node_view.h"
#include "redis/reply_error.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl::failover {

namespace {

constexpr Millis one_answer{2'000};
constexpr const char* held_writes_ms = "2000";  // while we look a last time at a second master

const fleet::Node* find(const fleet::Instance& instance, const std::string& name) {
    const auto found = std::find_if(instance.nodes.begin(), instance.nodes.end(),
                                    [&](const fleet::Node& node) { return node.name == name; });
    return found == instance.nodes.end() ? nullptr : &*found;
}

// hold: from this question on the node's writes wait, for a moment.
std::map<std::string, Result<OwnWrites>> own_writes(fleet::Fleet& fleet, const fleet::Instance& instance,
                                                    const std::vector<std::string>& nodes, bool hold) {
    std::vector<fleet::Call> calls;
    for (const std::string& name : nodes) {
        std::vector<redis::Request> requests = own_writes_requests();
        // Unknown before 6.2: then the question is all there is.
        if (hold) requests.insert(requests.begin(), {"CLIENT", "PAUSE", held_writes_ms, "WRITE"});
        calls.push_back({find(instance, name), std::move(requests)});
    }
    std::map<std::string, Result<OwnWrites>> writes;
    if (calls.empty()) return writes;
    std::vector<fleet::Outcome> outcomes = fleet.exec(calls, Deadline::after(one_answer));
    for (size_t i = 0; i < nodes.size(); i++) {
        Result<std::vector<redis::Value>>& replies = outcomes[i].replies;
        if (replies && hold) replies->erase(replies->begin());
        writes.emplace(nodes[i], replies ? read_own_writes(*replies) : fail(replies.error()));
    }
    return writes;
}

}  // namespace

std::map<std::string, Result<OwnWrites>> ask_own_writes(fleet::Fleet& fleet, const fleet::Instance& instance,
                                                        const std::vector<std::string>& nodes) {
    return own_writes(fleet, instance, nodes, false);
}

Result<void> attach(fleet::Fleet& fleet, const fleet::Instance& instance, const Guard& guard,
                    const Judgement::Attach& one) {
    const fleet::Node* node = find(instance, one.node);
    std::vector<redis::Request> follow{{"MULTI"}, {"REPLICAOF", guard.host(), std::to_string(guard.port())}, {"EXEC"}};
    if (one.was_master) {
        const auto writes = own_writes(fleet, instance, {one.node}, true);
        const Result<OwnWrites>& last = writes.at(one.node);
        if (!last || last->wrote) {
            const std::vector<fleet::Call> unpause{{node, {{"CLIENT", "UNPAUSE"}}}};
            (void)fleet.exec(unpause, Deadline::after(one_answer));
            TRY(last);
            return fail(ErrorCode::conflict, fmt::format("{} has just taken a write", one.node), {}, "redisctl heal");
        }
        follow.insert(follow.begin() + 2, {"CLIENT", "UNPAUSE"});
    }
    const std::vector<fleet::Call> calls{{node, redis::node_view_requests()},
                                         {find(instance, guard.master()), redis::node_view_requests()}};
    const std::vector<fleet::Outcome> now = fleet.exec(calls, Deadline::after(one_answer));
    TRY(now[0].replies);
    TRY(now[1].replies);
    TRY_ASSIGN(const redis::NodeView view, redis::parse_node_view(*now[0].replies));
    TRY_ASSIGN(const redis::NodeView master, redis::parse_node_view(*now[1].replies));
    if (view.run_id != one.run_id || master.role != redis::Role::master)
        return fail(ErrorCode::conflict, fmt::format("{} or {} changed meanwhile", one.node, guard.master()), {}, "");
    const std::vector<fleet::Call> change{{node, std::move(follow)}};
    const std::vector<fleet::Outcome> outcomes = fleet.exec(change, Deadline::after(one_answer));
    TRY(outcomes[0].replies);
    for (const redis::Value& reply : *outcomes[0].replies) {
        if (reply.is_error()) return fail(redis::reply_error(reply, "REPLICAOF"));
        for (const redis::Value& inner : reply.elements)
            if (inner.is_error() && inner.text.find("CLIENT") == std::string::npos)
                return fail(redis::reply_error(inner, "REPLICAOF"));
    }
    return {};
}

}  // namespace redisctl::failover
