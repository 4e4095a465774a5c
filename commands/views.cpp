#include "commands/views.h"

#include "redis/node_view.h"
#include "redis/sentinel_view.h"

#include <fmt/core.h>

namespace redisctl {

namespace {

Result<redis::NodeView> node_view(const fleet::Outcome& outcome, const fleet::Node& node) {
    TRY(outcome.replies);
    TRY_ASSIGN(redis::NodeView view, redis::parse_node_view(*outcome.replies));
    if (view.role != redis::Role::sentinel) return view;
    return fail(Error{ErrorCode::protocol,
                      fmt::format("{} is a Sentinel, not a Redis", node.name),
                      {},
                      node.pod.empty() ? fmt::format("--sentinel {}", node.name) : std::string(),
                      "SENTINEL"});
}

Result<redis::SentinelView> sentinel_view(const fleet::Outcome& outcome) {
    TRY(outcome.replies);
    return redis::parse_sentinel_view(*outcome.replies);
}

}  // namespace

void ask_views(Context& context, std::vector<fleet::Instance>& instances, std::vector<Views>& views) {
    std::vector<fleet::Call> calls;
    for (size_t i = 0; i < instances.size(); i++) {
        for (size_t n = views[i].nodes.size(); n < instances[i].nodes.size(); n++)
            calls.push_back({&instances[i].nodes[n], redis::node_view_requests()});
        for (size_t n = views[i].sentinels.size(); n < instances[i].sentinels.size(); n++)
            calls.push_back({&instances[i].sentinels[n], redis::sentinel_view_requests()});
    }
    const std::vector<fleet::Outcome> outcomes = context.ask(calls);
    size_t next = 0;
    for (size_t i = 0; i < instances.size(); i++) {
        while (views[i].nodes.size() < instances[i].nodes.size()) {
            const fleet::Node& node = instances[i].nodes[views[i].nodes.size()];
            views[i].nodes.push_back(node_view(outcomes[next++], node));
        }
        while (views[i].sentinels.size() < instances[i].sentinels.size())
            views[i].sentinels.push_back(sentinel_view(outcomes[next++]));
    }
}

}  // namespace redisctl
