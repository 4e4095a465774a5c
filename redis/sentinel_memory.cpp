#include "redis/sentinel_memory.h"

#include "redis/info_fields.h"
#include "redis/reply_error.h"

#include <fmt/format.h>

namespace redisctl::redis {

namespace {

Result<std::vector<Remembered>> parse_list(const Value& reply, std::string_view command) {
    if (reply.is_error()) return fail(reply_error(reply, command));
    TRY_ASSIGN(const auto* entries, reply.as_array());
    std::vector<Remembered> list;
    for (const Value& entry : *entries) {
        TRY_ASSIGN(const InfoFields fields, read_pairs(entry, command));
        Remembered one;
        one.host = text_of(fields, "ip");
        one.port = count_of(fields, "port");
        one.id = text_of(fields, "runid");
        one.flags = text_of(fields, "flags");
        one.silent_ms = count_of(fields, "last-ok-ping-reply");
        one.hello_ms = count_of(fields, "last-hello-message");
        if (const std::string link = text_of(fields, "master-link-status"); !link.empty()) one.link_up = link == "ok";
        one.link_down_ms = count_of(fields, "master-link-down-time");
        one.priority = count_of(fields, "slave-priority");
        one.offset = count_of(fields, "slave-repl-offset");
        one.info_age_ms = count_of(fields, "info-refresh");
        one.reported_role = text_of(fields, "role-reported");
        list.push_back(std::move(one));
    }
    return list;
}

}  // namespace

std::vector<Request> sentinel_memory_requests(const std::string& master) {
    return {{"SENTINEL", "MYID"},
            {"SENTINEL", "REPLICAS", master},
            {"SENTINEL", "SENTINELS", master},
            {"SENTINEL", "CKQUORUM", master}};
}

Result<SentinelMemory> parse_sentinel_memory(const std::vector<Value>& replies) {
    constexpr size_t expected = 4;
    if (replies.size() != expected)
        return fail(ErrorCode::protocol,
                    fmt::format("the Sentinel sent {} replies to {} requests", replies.size(), expected));
    SentinelMemory memory;
    if (!replies[0].is_error()) {
        TRY_ASSIGN(memory.my_id, replies[0].as_text());
    }
    TRY_ASSIGN(memory.replicas, parse_list(replies[1], "SENTINEL REPLICAS"));
    TRY_ASSIGN(memory.sentinels, parse_list(replies[2], "SENTINEL SENTINELS"));
    const Value& quorum = replies[3];
    memory.quorum_words = quorum.text;
    if (!quorum.is_error())
        memory.quorum_ok = true;
    else if (quorum.error_word() == "NOQUORUM" || quorum.error_word() == "NOGOODSLAVE")
        memory.quorum_ok = false;
    return memory;
}

Result<std::vector<Remembered>> parse_sentinel_replicas(const Value& reply) {
    return parse_list(reply, "SENTINEL REPLICAS");
}

}  // namespace redisctl::redis
