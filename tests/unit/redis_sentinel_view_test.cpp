#include "redis/sentinel_memory.h"
#include "redis/sentinel_view.h"
#include "redis_recordings.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::redis;

namespace {

Value text(std::string_view content) {
    return Value{Value::Type::string, std::string(content), 0, {}};
}
Value error(std::string_view content) {
    return Value{Value::Type::error, std::string(content), 0, {}};
}

Value array(std::vector<Value> elements) {
    return Value{Value::Type::array, {}, 0, std::move(elements)};
}

Value list(const std::vector<std::string>& words) {
    std::vector<Value> elements;
    for (const auto& word : words) elements.push_back(text(word));
    return array(std::move(elements));
}

// As Valkey 8.1.1 said it; Redis 6.0 to 8.0 say the same fields.
Value recorded_masters() {
    return array({list({"name",
                        "mymaster",
                        "ip",
                        "127.0.0.1",
                        "port",
                        "17230",
                        "runid",
                        "57efe805e93a136d6bcfa3bd831ffd232cdf0388",
                        "flags",
                        "master",
                        "link-pending-commands",
                        "0",
                        "link-refcount",
                        "1",
                        "last-ping-sent",
                        "0",
                        "last-ok-ping-reply",
                        "892",
                        "last-ping-reply",
                        "892",
                        "down-after-milliseconds",
                        "30000",
                        "info-refresh",
                        "9124",
                        "role-reported",
                        "master",
                        "role-reported-time",
                        "9128",
                        "config-epoch",
                        "0",
                        "num-slaves",
                        "1",
                        "num-other-sentinels",
                        "0",
                        "quorum",
                        "1",
                        "failover-timeout",
                        "180000",
                        "parallel-syncs",
                        "1"})});
}

std::string show(const Result<SentinelView>& view) {
    if (!view)
        return fmt::format("{}: {} | {} | {}", view.error().name(), view.error().message, view.error().cause,
                           view.error().hint);
    auto number = [](std::optional<int64_t> value) { return value ? fmt::format("{}", *value) : std::string("?"); };
    std::string shown = fmt::format("{} {} {} port={} tilt={}", view->server, view->version, view->run_id.substr(0, 6),
                                    number(view->tcp_port), view->tilt ? (*view->tilt ? "true" : "false") : "?");
    for (const auto& m : view->masters)
        shown +=
            fmt::format("; {} {}:{} {} epoch={} replicas={} others={} quorum={} down-after={} timeout={} parallel={}",
                        m.name, m.host, number(m.port), m.flags, number(m.config_epoch), number(m.known_replicas),
                        number(m.known_sentinels), number(m.quorum), number(m.down_after_ms),
                        number(m.failover_timeout_ms), number(m.parallel_syncs));
    return shown;
}

std::string server_part(std::string_view recording) {
    return std::string(recording.substr(0, recording.find("# Sentinel")));
}
std::string sentinel_part(std::string_view recording) {
    return std::string(recording.substr(recording.find("# Sentinel")));
}

}  // namespace

TEST_CASE("a Sentinel's view is read whole") {
    CHECK(sentinel_view_requests() ==
          std::vector<Request>{{"INFO", "server"}, {"INFO", "sentinel"}, {"SENTINEL", "MASTERS"}});
    using namespace recordings;
    CHECK(show(parse_sentinel_view({text(server_part(valkey_8_1_sentinel)), text(sentinel_part(valkey_8_1_sentinel)),
                                    recorded_masters()})) ==
          "valkey 8.1.1 d5ac45 port=17232 tilt=false; mymaster 127.0.0.1:17230 master epoch=0 replicas=1 others=0 "
          "quorum=1 down-after=30000 "
          "timeout=180000 parallel=1");
    CHECK(show(parse_sentinel_view({text(server_part(redis_7_0_sentinel)), text(sentinel_part(redis_7_0_sentinel)),
                                    array({})})) == "redis 7.0.15 5fee0a port=17212 tilt=false");
}

TEST_CASE("several masters, names, tilt, and fields that are missing") {
    auto masters = array({list({"name", "a", "ip", "redis-0.redis.default.svc", "port", "6379", "flags",
                                "s_down,o_down,master,failover_in_progress", "num-slaves", "2"}),
                          list({"name", "b", "ip", "?", "port", "0", "new-field", "x", "odd"})});
    CHECK(show(parse_sentinel_view({text("redis_version:6.0.16\r\nredis_mode:sentinel\r\n"),
                                    text("sentinel_masters:2\r\nsentinel_tilt:1\r\n"), masters})) ==
          "redis 6.0.16  port=? tilt=true; a redis-0.redis.default.svc:6379 s_down,o_down,master,failover_in_progress "
          "epoch=? replicas=2 others=? quorum=? "
          "down-after=? timeout=? parallel=?; b :?  epoch=? replicas=? others=? quorum=? down-after=? timeout=? "
          "parallel=?");
}

TEST_CASE("what is no Sentinel, or does not answer as one, is an error") {
    auto server = text("redis_version:7.0.15\r\nredis_mode:sentinel\r\n"), sentinel = text("sentinel_tilt:0\r\n");
    CHECK(show(parse_sentinel_view({text("redis_version:7.0.15\r\nredis_mode:standalone\r\n"), text(""),
                                    error("ERR unknown command 'SENTINEL'")})) ==
          "NOT_A_SENTINEL: the node is no Sentinel | it runs redis 7.0.15 in standalone mode | ask a Sentinel, by "
          "default on port 26379");
    CHECK(show(parse_sentinel_view({error("NOAUTH Authentication required."), error("NOAUTH Authentication required."),
                                    error("NOAUTH Authentication required.")})) ==
          "NOAUTH: the node wants a password and none was given or found | NOAUTH Authentication required | "
          "pass --password-file FILE, or name the Secret with --password-secret NAME:KEY");
    CHECK(show(parse_sentinel_view(
              {server, sentinel, error("NOPERM User u has no permissions to run the 'sentinel|masters' command")})) ==
          "NOPERM: the node does not permit SENTINEL MASTERS to this user | NOPERM User u has no permissions to run "
          "the 'sentinel|masters' command | "
          "let an administrator run: ACL SETUSER NAME +sentinel|masters");
    CHECK(show(parse_sentinel_view({server, sentinel, text("x")})) ==
          "PROTOCOL: the reply has a string where an array is expected |  | ");
    CHECK(show(parse_sentinel_view({server, sentinel, array({text("x")})})) ==
          "PROTOCOL: the reply has a string where an array is expected |  | ");
    CHECK(show(parse_sentinel_view({server, sentinel, array({array({})})})) ==
          "PROTOCOL: the reply to SENTINEL MASTERS has a master without a name |  | ");
    CHECK(show(parse_sentinel_view({server, sentinel, array({array({Value{}, text("x")})})})) ==
          "PROTOCOL: the reply has nil where text is expected |  | ");
    CHECK(show(parse_sentinel_view({server})) == "PROTOCOL: the Sentinel sent 1 replies to 3 requests |  | ");
}

TEST_CASE("what a Sentinel remembers is read whole") {
    CHECK(sentinel_memory_requests("my master") == std::vector<Request>{{"SENTINEL", "MYID"},
                                                                        {"SENTINEL", "REPLICAS", "my master"},
                                                                        {"SENTINEL", "SENTINELS", "my master"},
                                                                        {"SENTINEL", "CKQUORUM", "my master"}});
    const auto replicas = array({list({"name",
                                       "10.0.0.2:6379",
                                       "ip",
                                       "10.0.0.2",
                                       "port",
                                       "6379",
                                       "runid",
                                       "",
                                       "flags",
                                       "slave,s_down",
                                       "last-ok-ping-reply",
                                       "61000",
                                       "master-link-down-time",
                                       "9000",
                                       "master-link-status",
                                       "err",
                                       "slave-priority",
                                       "0",
                                       "slave-repl-offset",
                                       "77"})});
    const auto sentinels = array({list({"name", "abc", "ip", "::1", "port", "26379", "runid", "abc", "flags",
                                        "sentinel", "last-ok-ping-reply", "3", "last-hello-message", "900"})});
    const auto quorum = error("NOQUORUM 1 usable Sentinels.");
    auto memory = parse_sentinel_memory({text("xyz"), replicas, sentinels, quorum});
    REQUIRE(memory);
    CHECK(memory->my_id == "xyz");
    const auto& replica = memory->replicas.at(0);
    CHECK(replica.host == "10.0.0.2");
    CHECK(replica.port == 6379);
    CHECK(replica.silent_ms == 61'000);
    CHECK(replica.link_up == false);
    CHECK(replica.link_down_ms == 9'000);
    CHECK(replica.priority == 0);
    CHECK(replica.offset == 77);
    CHECK(has_flag(replica.flags, "s_down"));
    CHECK(!has_flag(replica.flags, "down"));
    CHECK(memory->sentinels.at(0).id == "abc");
    CHECK(memory->sentinels.at(0).hello_ms == 900);
    CHECK(memory->quorum_ok == false);
    CHECK(memory->quorum_words == "NOQUORUM 1 usable Sentinels.");

    // Before 6.2 there is no MYID.
    memory =
        parse_sentinel_memory({error("ERR Unknown sentinel subcommand 'MYID'"), replicas, sentinels, text("OK 3")});
    REQUIRE(memory);
    CHECK(memory->my_id.empty());
    CHECK(memory->quorum_ok == true);
    CHECK(!parse_sentinel_memory({text("xyz"), error("ERR No such master with that name"), sentinels, quorum}));
    CHECK(!parse_sentinel_memory({text("xyz"), replicas}));
}
