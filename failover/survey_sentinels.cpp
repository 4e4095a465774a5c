#include "failover/survey_sentinels.h"

#include "redis/reply_error.h"

#include <fmt/core.h>

namespace redisctl::failover {

namespace {

Result<SentinelWord> read(const std::vector<redis::Value>& replies) {
    if (replies.size() != 6) return fail(ErrorCode::protocol, "the Sentinel did not answer every question");
    SentinelWord word;
    TRY_ASSIGN(word.master, redis::parse_sentinel_master(replies[0]));
    TRY_ASSIGN(word.replicas, redis::parse_sentinel_replicas(replies[1]));
    if (replies[2].is_error()) word.quorum = fail(redis::reply_error(replies[2], "SENTINEL CKQUORUM"));
    TRY_ASSIGN(const redis::InfoFields info, redis::read_info(replies[3], "sentinel"));
    word.tilt = redis::flag_of(info, "sentinel_tilt");
    redis::ServerFacts server = redis::server_facts(info);
    word.server = std::move(server.server);
    word.version = std::move(server.version);
    word.memory = redis::parse_sentinel_memory({replies[4], replies[1], replies[5], replies[2]});
    return word;
}

}  // namespace

Result<void> survey_sentinels(fleet::Fleet& fleet, Facts& facts, Deadline deadline) {
    facts.sentinels.clear();
    std::vector<fleet::Call> calls;
    for (size_t i = 0; i < facts.picture.sentinels.size(); i++) {
        const topology::SentinelPicture& picture = facts.picture.sentinels[i];
        SentinelFacts& one = facts.sentinels.emplace_back();
        one.name = picture.name;
        if (!picture.master) {
            one.word = picture.error ? fail(*picture.error)
                                     : fail(ErrorCode::not_found,
                                            fmt::format("{} watches no node of this instance", picture.name));
            continue;
        }
        const std::string& name = picture.master->name;
        calls.push_back({&facts.instance.sentinels[i],
                         {{"SENTINEL", "MASTER", name},
                          {"SENTINEL", "SLAVES", name},
                          {"SENTINEL", "CKQUORUM", name},
                          {"INFO"},
                          {"SENTINEL", "MYID"},
                          {"SENTINEL", "SENTINELS", name}}});
    }
    std::vector<fleet::Outcome> outcomes = fleet.exec(calls, deadline);
    for (size_t i = 0, asked = 0; i < facts.sentinels.size(); i++) {
        if (!facts.picture.sentinels[i].master) continue;
        const auto& replies = outcomes[asked++].replies;
        if (!replies && replies.error().code == ErrorCode::interrupted) return fail(replies.error());
        facts.sentinels[i].word = replies ? read(*replies) : fail(replies.error());
    }
    return {};
}

}  // namespace redisctl::failover
