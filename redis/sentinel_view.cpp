#include "redis/sentinel_view.h"

#include "base/text.h"
#include "redis/info_fields.h"
#include "redis/reply_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace redisctl::redis {

namespace {

std::string host_of(const InfoFields& fields) {
    const std::string host = text_of(fields, "ip");
    return host == "?" ? std::string() : host;
}

std::optional<int64_t> port_of(const InfoFields& fields) {
    const auto port = count_of(fields, "port");
    return port == 0 ? std::nullopt : port;
}

}  // namespace

Result<SentinelMaster> parse_sentinel_master(const Value& reply) {
    TRY_ASSIGN(const InfoFields fields, read_pairs(reply, "SENTINEL MASTER"));
    SentinelMaster master;
    master.name = text_of(fields, "name");
    if (master.name.empty())
        return fail(ErrorCode::protocol, "the reply to SENTINEL MASTERS has a master without a name");
    master.host = host_of(fields);
    master.port = port_of(fields);
    master.flags = text_of(fields, "flags");
    master.config_epoch = count_of(fields, "config-epoch");
    master.known_replicas = count_of(fields, "num-slaves");
    master.known_sentinels = count_of(fields, "num-other-sentinels");
    master.quorum = count_of(fields, "quorum");
    master.down_after_ms = count_of(fields, "down-after-milliseconds");
    master.failover_timeout_ms = count_of(fields, "failover-timeout");
    master.parallel_syncs = count_of(fields, "parallel-syncs");
    // Shown only where one is set.
    for (const char* script : {"notification-script", "client-reconfig-script"})
        if (fields.contains(script)) master.scripts.emplace_back(script);
    master.s_down_ms = count_of(fields, "s-down-time");
    master.o_down_ms = count_of(fields, "o-down-time");
    master.ping_age_ms = count_of(fields, "last-ok-ping-reply");
    master.reported_role = text_of(fields, "role-reported");
    master.reported_role_ms = count_of(fields, "role-reported-time");
    return master;
}

bool has_flag(std::string_view flags, std::string_view flag) {
    const auto words = split(flags, ',');
    return std::find(words.begin(), words.end(), flag) != words.end();
}

std::vector<Request> sentinel_view_requests() {
    return {{"INFO", "server"}, {"INFO", "sentinel"}, {"SENTINEL", "MASTERS"}};
}

Result<SentinelView> parse_sentinel_view(const std::vector<Value>& replies) {
    if (replies.size() != sentinel_view_requests().size())
        return fail(ErrorCode::protocol, fmt::format("the Sentinel sent {} replies to {} requests", replies.size(),
                                                     sentinel_view_requests().size()));
    TRY_ASSIGN(auto server, read_info(replies[0], "server"));
    auto facts = server_facts(server);
    if (!facts.mode.empty() && facts.mode != "sentinel")
        return fail(Error{ErrorCode::protocol, "the node is no Sentinel",
                          fmt::format("it runs {} {} in {} mode", facts.server, facts.version, facts.mode),
                          "ask a Sentinel, by default on port 26379", "NOT_A_SENTINEL"});
    TRY_ASSIGN(auto sentinel, read_info(replies[1], "sentinel"));
    if (replies[2].is_error()) return fail(reply_error(replies[2], "SENTINEL MASTERS"));

    SentinelView view;
    view.version = std::move(facts.version);
    view.server = std::move(facts.server);
    view.run_id = std::move(facts.run_id);
    view.tcp_port = facts.tcp_port;
    view.tilt = flag_of(sentinel, "sentinel_tilt");
    TRY_ASSIGN(const auto* masters, replies[2].as_array());
    for (const auto& reply : *masters) {
        TRY_ASSIGN(auto master, parse_sentinel_master(reply));
        view.masters.push_back(std::move(master));
    }
    return view;
}

}  // namespace redisctl::redis
