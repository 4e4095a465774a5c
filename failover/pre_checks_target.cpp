#include "failover/pre_checks_parts.h"
#include "topology/lag.h"

#include <fmt/format.h>

#include <cstdint>

namespace redisctl::failover {

namespace {

using redis::AttachedReplica;
using redis::NodeView;
using redis::Role;

constexpr int64_t largest_gap = 1 << 20;
// Less than this is what is under way between two looks at a busy pair.
constexpr int64_t small_gap = 64 << 10;

// A replica acknowledges each second, and the master tells the age in whole seconds of a clock that ticks ten times a
// second: 2 is on time by a hair, 3 is one that did not come (redis src/replication.c replicationCron).
constexpr int64_t longest_silence = 2;

constexpr const char* look = "redisctl replication-info";

// By its history and by the master's own list: host names lie (NAT, a Service), and a replica of a replica has the same
// history.
void check_follows(const Pair& pair, const NodeView& view, Checks& out) {
    Verdicts follows(out, "target-follows", pair.target_name, fmt::format("a replica of {}", pair.master_name()), look);
    if (view.role != Role::replica) return follows.block(fmt::format("it is a {}", redis::role_name(view.role)));
    if (!pair.master.view) return follows.unknown(pair.master.view.error());
    if (view.replid.empty() || pair.master.view->replid.empty())
        return follows.unknown("the replication id was not told");
    if (view.replid != pair.master.view->replid)
        return follows.block(fmt::format("its history is {}, the master's {}", view.replid.substr(0, 8),
                                         pair.master.view->replid.substr(0, 8)));
    const auto i = pair.facts.index_of(pair.target_name);
    const std::string& followed = pair.facts.picture.nodes[*i].master_node;
    if (!followed.empty() && followed != pair.master_name())
        return follows.block(fmt::format("a replica of {}, which is itself one", followed));
    if (followed.empty() && line_of(pair.facts, pair.target_name) == nullptr)
        return follows.block(fmt::format("it follows {}:{}", view.master_host, view.master_port.value_or(0)));
    follows.good_if(true, fmt::format("a replica of {}", pair.master_name()));
}

void check_link(const Pair& pair, const NodeView& view, Checks& out) {
    Verdicts link(out, "target-link", pair.target_name, "up", look);
    link.good_if(view.link_up,
                 shown(view.link_up, "up",
                       view.link_down_seconds ? fmt::format("down for {}s", *view.link_down_seconds) : "down"));
}

// What the master says of it: link up on the replica's side comes before the master has heard its first
// acknowledgement, and FAILOVER refuses until then (redis src/replication.c failoverCommand).
void check_line(const Pair& pair, Checks& out) {
    Verdicts announced(out, "target-announced", pair.target_name, "one address in the master's list", look);
    Verdicts online(out, "target-online", pair.target_name,
                    fmt::format("online, heard at most {}s ago", longest_silence), look);
    const AttachedReplica* line = line_of(pair.facts, pair.target_name);
    if (!pair.master.view) {
        announced.unknown(pair.master.view.error());
        online.unknown(pair.master.view.error());
    } else if (line == nullptr) {
        announced.block("the master lists no address that is certainly this node's");
        online.block("not in the master's list");
    } else {
        announced.good_if(true, fmt::format("{}:{}", line->host, line->port));
        const std::string heard = line->lag_seconds ? fmt::format(", heard {}s ago", *line->lag_seconds) : "";
        const bool good = line->state == "online" && line->lag_seconds && *line->lag_seconds <= longest_silence;
        online.good_if(good, line->state + heard);
    }
}

void check_gap(const Pair& pair, Checks& out) {
    Verdicts offset(out, "offset-gap", pair.target_name, fmt::format("under {}, not growing", bytes(largest_gap)),
                    "let it catch up: redisctl replica-lag");
    const auto gap = gap_of(pair.facts, pair.target_name);
    if (!gap) return offset.unknown("the offsets cannot be compared");
    const bool growing = gap->later > gap->earlier && gap->later >= small_gap;
    offset.good_if(gap->later < largest_gap && !growing,
                   fmt::format("{}{}", bytes(gap->later), growing ? fmt::format(", was {}", bytes(gap->earlier)) : ""));
}

}  // namespace

void check_sync(const std::string& node, const NodeFacts& facts, Checks& out) {
    Verdicts sync(out, "target-sync", node, "no full synchronisation under way",
                  "until it ends the node holds a part of the data at most: wait");
    if (!facts.view) return sync.unknown(facts.view.error());
    const auto is = facts.view->sync_in_progress;
    sync.good_if(is ? std::optional(!*is) : std::nullopt, shown(is, "under way", "none"));
}

void check_priority(const std::string& node, const NodeFacts& facts, Checks& out) {
    Verdicts priority(out, "target-priority", node, "not 0",
                      "replica-priority 0 says: never the master; CONFIG SET replica-priority 100");
    if (!facts.view) return priority.unknown(facts.view.error());
    const auto value = facts.view->priority;
    priority.good_if(value ? std::optional(*value != 0) : std::nullopt, shown(value));
}

void check_target(const Pair& pair, Checks& out) {
    if (!pair.target.view) {
        Verdicts(out, "target-follows", pair.target_name, fmt::format("a replica of {}", pair.master_name()), look)
            .unknown(pair.target.view.error());
        return;
    }
    const NodeView& view = *pair.target.view;
    check_follows(pair, view, out);
    check_link(pair, view, out);
    check_sync(pair.target_name, pair.target, out);
    check_loading("target-loading", pair.target_name, pair.target, out);
    check_line(pair, out);
    check_gap(pair, out);
    Verdicts(out, "target-read-only", pair.target_name, "read-only",
             "it may hold writes of its own: CONFIG SET replica-read-only yes, and compare its keys")
        .good_if(view.read_only, shown(view.read_only, "read-only", "writable"));
    check_priority(pair.target_name, pair.target, out);
    Verdicts(out, "backlog", pair.target_name, "active",
             "without it the others must copy everything: is repl-backlog-size 0?")
        .good_if(view.backlog_active, shown(view.backlog_active, "active", "not active"));
}

}  // namespace redisctl::failover
