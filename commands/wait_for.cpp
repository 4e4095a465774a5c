#include "commands/wait_for.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl {

namespace {

using Kind = WaitCondition::Kind;

bool is_linked_replica(const topology::NodePicture& node) {
    return node.view && node.view->role == redis::Role::replica && node.view->link_up == true &&
           !node.view->sync_in_progress.value_or(false);
}

std::string why_not_healthy(const topology::Picture& picture) {
    if (picture.health == topology::Health::healthy) return {};
    // Critical first.
    if (picture.findings.empty()) return fmt::format("it is {}", topology::health_name(picture.health));
    return fmt::format("it is {}: {}", topology::health_name(picture.health), picture.findings.front().message);
}

std::string why_lagging(const topology::Picture& picture, int64_t limit) {
    size_t replicas = 0;
    for (const topology::NodePicture& node : picture.nodes) {
        if (node.view && node.view->role == redis::Role::master) continue;
        replicas++;
        if (!node.lag_bytes) return fmt::format("how far {} is behind is unknown", node.name);
        if (*node.lag_bytes > limit) return fmt::format("{} is {} bytes behind", node.name, *node.lag_bytes);
    }
    return replicas == 0 ? "there is no replica" : "";
}

}  // namespace

Result<WaitCondition> parse_wait_condition(const std::string& text) {
    const auto after = [&](std::string_view start) -> std::optional<std::string> {
        if (!text.starts_with(start) || text.size() == start.size()) return std::nullopt;
        return text.substr(start.size());
    };
    if (text == "healthy") return WaitCondition{Kind::healthy, text, {}, 0};
    if (auto node = after("master=")) return WaitCondition{Kind::master, text, std::move(*node), 0};
    if (const auto number = after("replicas="))
        if (const auto count = parse_int(*number); count && *count >= 0)
            return WaitCondition{Kind::replicas, text, {}, *count};
    if (const auto size = after("lag<="))
        if (const Result<uint64_t> bytes = parse_bytes(*size))
            return WaitCondition{Kind::lag, text, {}, static_cast<int64_t>(*bytes)};
    return fail(ErrorCode::usage, fmt::format("--for: '{}' is no condition", printable(text)),
                "there are: healthy, master=NODE, replicas=N, lag<=SIZE", "redisctl wait --for healthy");
}

std::string missing(const WaitCondition& condition, const topology::Picture& picture) {
    switch (condition.kind) {
        case Kind::healthy:
            return why_not_healthy(picture);
        case Kind::master:
            if (picture.master == condition.node) return {};
            return picture.master.empty() ? "no master is agreed on" : fmt::format("{} is the master", picture.master);
        case Kind::replicas: {
            const auto linked = std::count_if(picture.nodes.begin(), picture.nodes.end(), is_linked_replica);
            return linked >= condition.limit ? ""
                                             : fmt::format("{} of {} replicas are linked", linked, condition.limit);
        }
        case Kind::lag:
            return why_lagging(picture, condition.limit);
    }
    return "unknown";
}

}  // namespace redisctl
