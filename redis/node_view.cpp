#include "redis/node_view.h"

#include "base/text.h"
#include "redis/info_fields.h"
#include "redis/reply_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace redisctl::redis {

namespace {

// slave0:ip=10.1.2.3,port=6379,state=online,offset=1234,lag=0[,type=replica]
AttachedReplica parse_attached(std::string_view line) {
    InfoFields fields;
    for (auto part : split(line, ','))
        if (auto equals = part.find('='); equals != part.npos)
            fields.emplace(part.substr(0, equals), part.substr(equals + 1));
    AttachedReplica replica;
    replica.host = text_of(fields, "ip");
    replica.port = static_cast<uint16_t>(parse_port(text_of(fields, "port")).value_or(0));
    replica.state = text_of(fields, "state");
    // Before it is online the server prints zeros here, which nobody acknowledged.
    if (replica.state == "online") {
        replica.offset = count_of(fields, "offset");
        replica.lag_seconds = count_of(fields, "lag");
    }
    return replica;
}

// In the server's order: slave10 is behind slave2.
std::vector<AttachedReplica> parse_all_attached(const InfoFields& fields) {
    constexpr std::string_view prefix = "slave";
    std::vector<std::pair<int64_t, AttachedReplica>> numbered;
    for (auto field = fields.lower_bound(prefix); field != fields.end() && field->first.starts_with(prefix); ++field)
        if (auto number = parse_int(std::string_view(field->first).substr(prefix.size())))
            numbered.emplace_back(*number, parse_attached(field->second));
    std::ranges::sort(numbered, {}, &std::pair<int64_t, AttachedReplica>::first);
    std::vector<AttachedReplica> replicas;
    for (auto& [number, replica] : numbered) replicas.push_back(std::move(replica));
    return replicas;
}

void read_replication(NodeView& view, const InfoFields& fields) {
    view.role = parse_role(text_of(fields, "role"));
    view.master_host = text_of(fields, "master_host");
    if (view.master_host == "?") view.master_host.clear();
    view.master_port = count_of(fields, "master_port");
    if (auto status = text_of(fields, "master_link_status"); status == "up" || status == "down")
        view.link_up = status == "up";
    view.last_io_seconds = count_of(fields, "master_last_io_seconds_ago");
    view.link_down_seconds = count_of(fields, "master_link_down_since_seconds");
    // Up to 6.0 a replica that never had a link counts from 1970.
    constexpr int64_t thirty_years = 946'000'000;
    if (view.link_down_seconds > thirty_years) view.link_down_seconds.reset();
    view.sync_in_progress = flag_of(fields, "master_sync_in_progress");
    view.master_offset = count_of(fields, "master_repl_offset");
    view.applied_offset = count_of(fields, "slave_repl_offset");
    view.read_offset = count_of(fields, "slave_read_repl_offset");
    view.priority = count_of(fields, "slave_priority");
    view.read_only = flag_of(fields, "slave_read_only");
    view.connected_replicas = count_of(fields, "connected_slaves");
    view.good_replicas = count_of(fields, "min_slaves_good_slaves");
    view.failover_state = text_of(fields, "master_failover_state");
    view.replid = text_of(fields, "master_replid");
    view.replid2 = text_of(fields, "master_replid2");
    if (view.replid2.find_first_not_of('0') == std::string::npos) view.replid2.clear();
    view.second_offset = count_of(fields, "second_repl_offset");
    view.backlog_active = flag_of(fields, "repl_backlog_active");
    view.backlog_size = count_of(fields, "repl_backlog_size");
    view.backlog_first = count_of(fields, "repl_backlog_first_byte_offset");
    view.backlog_histlen = count_of(fields, "repl_backlog_histlen");
    view.replicas = parse_all_attached(fields);
}

// [slave, host, port, state, offset]; of the other forms only the first word is news.
Result<void> read_role(NodeView& view, const Value& reply) {
    TRY_ASSIGN(const auto* parts, reply.as_array());
    if (parts->empty()) return fail(ErrorCode::protocol, "the reply to ROLE is empty");
    TRY_ASSIGN(auto word, parts->front().as_text());
    auto role = parse_role(word);
    if (view.role == Role::unknown) view.role = role;
    if (role == Role::replica && parts->size() >= 4) {
        TRY_ASSIGN(auto state, (*parts)[3].as_text());
        view.role_state = state;
    }
    return {};
}

}  // namespace

Role parse_role(std::string_view text) {
    if (text == "master") return Role::master;
    if (text == "slave" || text == "replica") return Role::replica;
    if (text == "sentinel") return Role::sentinel;
    return Role::unknown;
}

std::string_view role_name(Role role) {
    switch (role) {
        case Role::master:
            return "master";
        case Role::replica:
            return "replica";
        case Role::sentinel:
            return "sentinel";
        case Role::unknown:
            break;
    }
    return "unknown";
}

// One INFO per section: several sections in one INFO need Redis 7.0.
std::vector<Request> node_view_requests() {
    return {{"INFO", "server"}, {"INFO", "replication"}, {"INFO", "persistence"}, {"ROLE"}};
}

Result<NodeView> parse_node_view(const std::vector<Value>& replies) {
    if (replies.size() != node_view_requests().size())
        return fail(ErrorCode::protocol, fmt::format("the node sent {} replies to {} requests", replies.size(),
                                                     node_view_requests().size()));
    TRY_ASSIGN(auto server, read_info(replies[0], "server"));
    TRY_ASSIGN(auto replication, read_info(replies[1], "replication"));
    TRY_ASSIGN(auto persistence, read_info(replies[2], "persistence"));

    NodeView view;
    auto facts = server_facts(server);
    view.version = std::move(facts.version);
    view.server = std::move(facts.server);
    view.run_id = std::move(facts.run_id);
    view.mode = std::move(facts.mode);
    view.tcp_port = facts.tcp_port;
    view.uptime_seconds = count_of(server, "uptime_in_seconds");
    view.config_file = text_of(server, "config_file");
    read_replication(view, replication);
    if (view.mode == "sentinel") view.role = Role::sentinel;

    const auto& role = replies[3];
    if (role.is_error()) {
        auto error = reply_error(role, "ROLE");
        if (error.reason != "NOPERM" && error.reason != "UNKNOWN_COMMAND") return fail(std::move(error));
    } else {
        TRY(read_role(view, role));
    }

    auto loading = flag_of(persistence, "loading");
    auto async_loading = flag_of(persistence, "async_loading");
    if (loading || async_loading) view.loading = loading.value_or(false) || async_loading.value_or(false);
    return view;
}

}  // namespace redisctl::redis
