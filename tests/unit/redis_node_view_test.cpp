#include "redis/info_fields.h"
#include "redis/node_view.h"
#include "redis_recordings.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
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

Value decode(std::string_view bytes) {
    Decoder decoder;
    decoder.feed(bytes);
    return decoder.next().value().value();
}

// One recording holds all sections; each reply gets its own, as from the server.
Value section(std::string_view recording, std::string_view name) {
    auto begin = recording.find("# " + std::string(name));
    if (begin == recording.npos) return text("");
    std::string lines;
    for (char c : recording.substr(begin, recording.find("\n# ", begin) - begin))
        lines += c == '\n' ? "\r\n" : std::string(1, c);
    return text(lines);
}

std::vector<Value> replies(std::string_view recording, Value role) {
    return {section(recording, "Server"), section(recording, "Replication"), section(recording, "Persistence"),
            std::move(role)};
}

// Every field that is known, in the order of the struct.
std::string show(const NodeView& view) {
    std::string shown;
    auto add = [&](std::string_view name, const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string>) {
            if (!value.empty()) shown += fmt::format("{}={} ", name, value);
        } else {
            if (value) shown += fmt::format("{}={} ", name, *value);
        }
    };
    add("version", view.version), add("server", view.server), add("run_id", view.run_id), add("mode", view.mode),
        add("tcp_port", view.tcp_port);
    add("uptime", view.uptime_seconds), add("config_file", view.config_file);
    shown += fmt::format("role={} ", role_name(view.role));
    add("master_host", view.master_host), add("master_port", view.master_port), add("link_up", view.link_up),
        add("last_io", view.last_io_seconds);
    add("link_down", view.link_down_seconds), add("sync", view.sync_in_progress), add("role_state", view.role_state);
    add("master_offset", view.master_offset), add("applied", view.applied_offset), add("read", view.read_offset),
        add("priority", view.priority);
    add("read_only", view.read_only), add("connected", view.connected_replicas), add("good", view.good_replicas),
        add("failover", view.failover_state);
    add("replid", view.replid), add("replid2", view.replid2), add("second", view.second_offset),
        add("backlog", view.backlog_active);
    add("size", view.backlog_size), add("first", view.backlog_first), add("histlen", view.backlog_histlen);
    for (const auto& replica : view.replicas) {
        shown += fmt::format("replica({} {} {}", replica.host, replica.port, replica.state);
        if (replica.offset) shown += fmt::format(" offset={}", *replica.offset);
        if (replica.lag_seconds) shown += fmt::format(" lag={}", *replica.lag_seconds);
        shown += ") ";
    }
    add("loading", view.loading);
    shown.pop_back();
    return shown;
}

std::string show(const Result<NodeView>& view) {
    return view ? show(*view)
                : fmt::format("{}: {} | {}", view.error().name(), view.error().message, view.error().cause);
}

// A node that says just this in INFO replication.
NodeView with_replication(std::string_view lines) {
    auto view = parse_node_view(
        {text("redis_version:7.0.15\r\n"), text(lines), text("loading:0\r\n"), error("ERR unknown command 'ROLE'")});
    REQUIRE(view);
    return *view;
}

}  // namespace

TEST_CASE("the requests take one round trip and work on every version") {
    CHECK(node_view_requests() ==
          std::vector<Request>{{"INFO", "server"}, {"INFO", "replication"}, {"INFO", "persistence"}, {"ROLE"}});
}

TEST_CASE("masters and replicas of each version are read whole") {
    using namespace recordings;
    CHECK(show(parse_node_view(replies(redis_6_0_master, decode(redis_6_0_master_role)))) ==
          "version=6.0.16 server=redis run_id=9077f9cbabe283da33fa650ae5cffa3178a5bb81 mode=standalone tcp_port=17200 "
          "uptime=5 role=master "
          "master_offset=291 connected=1 replid=e7ee0066f60209b97d036c525678e823a4d3177f backlog=true size=1048576 "
          "first=1 histlen=291 "
          "replica(127.0.0.1 17201 online offset=291 lag=0) loading=false");
    CHECK(show(parse_node_view(replies(redis_6_0_replica, decode(redis_6_0_replica_role)))) ==
          "version=6.0.16 server=redis run_id=c2f0c43202328a4bb83d808cf56c8f33fd8900a9 mode=standalone tcp_port=17201 "
          "uptime=5 role=replica "
          "master_host=127.0.0.1 master_port=17200 link_up=true last_io=1 sync=false role_state=connected "
          "master_offset=291 applied=291 priority=100 "
          "read_only=true connected=0 replid=e7ee0066f60209b97d036c525678e823a4d3177f backlog=true size=1048576 "
          "first=1 histlen=291 loading=false");
    CHECK(show(parse_node_view(replies(redis_7_0_master, decode(redis_7_0_master_role)))) ==
          "version=7.0.15 server=redis run_id=e0762a00bb5f058adf448a10a187e0203ee5bfea mode=standalone tcp_port=17210 "
          "uptime=6 role=master "
          "master_offset=448 connected=1 failover=no-failover replid=c9ff7c128dbd65b7f7f95e92f25400cf7a243bff "
          "backlog=true size=1048576 first=1 "
          "histlen=448 replica(127.0.0.1 17211 online offset=291 lag=0) loading=false");
    CHECK(show(parse_node_view(replies(redis_8_0_replica, decode(redis_8_0_replica_role)))) ==
          "version=8.0.2 server=redis run_id=548dea77a32e1f0634b39a36fb7421a7487dd593 mode=standalone tcp_port=17221 "
          "uptime=8 role=replica "
          "master_host=127.0.0.1 master_port=17220 link_up=true last_io=2 sync=false role_state=connected "
          "master_offset=448 applied=448 read=448 "
          "priority=100 read_only=true connected=0 failover=no-failover "
          "replid=a7d8ecedecb76fe3b1e52f3bff1a173eeea43d56 backlog=true size=1048576 "
          "first=292 histlen=157 loading=false");
    CHECK(show(parse_node_view(replies(valkey_8_1_master, decode(valkey_8_1_master_role)))) ==
          "version=8.1.1 server=valkey run_id=57efe805e93a136d6bcfa3bd831ffd232cdf0388 mode=standalone tcp_port=17230 "
          "uptime=9 role=master "
          "master_offset=582 connected=1 failover=no-failover replid=0730ef624bfc452c3710c465fc0576b24e29df1b "
          "backlog=true size=10485760 first=1 "
          "histlen=582 replica(127.0.0.1 17231 online offset=582 lag=0) loading=false");
    CHECK(show(parse_node_view(replies(valkey_8_1_replica, decode(valkey_8_1_replica_role)))) ==
          "version=8.1.1 server=valkey run_id=060f862013de6bcb5fadc12d4846228ddd350800 mode=standalone tcp_port=17231 "
          "uptime=9 role=replica "
          "master_host=127.0.0.1 master_port=17230 link_up=true last_io=1 sync=false role_state=connected "
          "master_offset=582 applied=582 read=582 "
          "priority=100 read_only=true connected=0 failover=no-failover "
          "replid=0730ef624bfc452c3710c465fc0576b24e29df1b backlog=true size=10485760 "
          "first=292 histlen=291 loading=false");
}

TEST_CASE("a Sentinel and a cluster node are told apart from plain ones") {
    using namespace recordings;
    CHECK(show(parse_node_view(replies(redis_7_0_sentinel, decode(redis_7_0_sentinel_role)))) ==
          "version=7.0.15 server=redis run_id=5fee0a94c990997ac378c31efb56206717503d8d mode=sentinel tcp_port=17212 "
          "uptime=7 role=sentinel");
    CHECK(show(parse_node_view(replies(valkey_8_1_sentinel, decode(valkey_8_1_sentinel_role)))) ==
          "version=8.1.1 server=valkey run_id=d5ac45dfc3f3b19a1a03c3d2028824e01609661a mode=sentinel tcp_port=17232 "
          "uptime=9 role=sentinel");
    CHECK(show(parse_node_view(replies(redis_8_0_cluster, decode(redis_8_0_cluster_role)))) ==
          "version=8.0.2 server=redis run_id=e8b78e5126ba088b383891f740ac1b54990f0844 mode=cluster tcp_port=17223 "
          "uptime=8 role=master master_offset=0 "
          "connected=0 failover=no-failover replid=b7fcc1457a698514f8b70f0339ee08f28d10821e backlog=false size=1048576 "
          "first=0 histlen=0 loading=false");
}

TEST_CASE("a replica that never reached its master knows no times") {
    // The same node on 7.0.15 and on 6.0.16, where the time since is counted from 1970.
    for (std::string_view since : {"-1", "1795256330"}) {
        auto view = with_replication(
            fmt::format("role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:1\r\nmaster_link_status:down\r\n"
                        "master_last_io_seconds_ago:-1\r\nmaster_sync_in_progress:0\r\nslave_repl_offset:1\r\n"
                        "master_link_down_since_seconds:{}\r\nsecond_repl_offset:-1\r\n",
                        since));
        CHECK(show(view) ==
              "version=7.0.15 server=redis role=replica master_host=127.0.0.1 master_port=1 link_up=false sync=false "
              "applied=1 loading=false");
    }
    CHECK(with_replication("role:slave\r\nmaster_link_status:down\r\nmaster_link_down_since_seconds:12\r\n")
              .link_down_seconds == 12);
}

TEST_CASE("a promoted master names the history that it came from") {
    auto view = with_replication(
        "role:master\r\nconnected_slaves:0\r\nmin_slaves_good_slaves:0\r\nmaster_failover_state:no-failover\r\n"
        "master_replid:39c9794cda4bc3767565951fb5ba856159ed21a7\r\nmaster_replid2:"
        "78dffa22cefdb7553988376cdc20c1b36e065ce3\r\n"
        "master_repl_offset:41\r\nsecond_repl_offset:42\r\nrepl_backlog_active:0\r\n");
    CHECK(show(view) ==
          "version=7.0.15 server=redis role=master master_offset=41 connected=0 good=0 failover=no-failover "
          "replid=39c9794cda4bc3767565951fb5ba856159ed21a7 "
          "replid2=78dffa22cefdb7553988376cdc20c1b36e065ce3 second=42 backlog=false loading=false");
}

TEST_CASE("attached replicas: names, IPv6, states of other versions, in the server's order") {
    auto view = with_replication(
        "role:master\r\n"
        "slave10:ip=::1,port=6390,state=online,offset=7,lag=1\r\n"
        "slave2:ip=redis-1.redis-headless.default.svc.cluster.local,port=6379,state=online,offset=1234567890123,lag=0,"
        "type=replica\r\n"
        "slave0:ip=10.0.0.1,port=6379,state=wait_bgsave,offset=0,lag=0\r\n"
        "slave1:ip=10.0.0.2,port=6379,state=send_bulk_and_stream,offset=0,lag=0,type=rdb-channel\r\n"
        "slave3:port=99999,state=online,offset=,lag=-1\r\n"
        "slave_priority:100\r\n");
    CHECK(show(view) ==
          "version=7.0.15 server=redis role=master priority=100 replica(10.0.0.1 6379 wait_bgsave) replica(10.0.0.2 "
          "6379 send_bulk_and_stream) "
          "replica(redis-1.redis-headless.default.svc.cluster.local 6379 online offset=1234567890123 lag=0) replica( 0 "
          "online) "
          "replica(::1 6390 online offset=7 lag=1) loading=false");
}

TEST_CASE("a master that is not told is empty") {
    for (std::string_view host : {"?", ""})
        CHECK(with_replication(fmt::format("role:slave\r\nmaster_host:{}\r\nmaster_port:0\r\n", host))
                  .master_host.empty());
}

TEST_CASE("loading is loading, also in the background") {
    struct Case {
        std::string_view lines;
        std::optional<bool> loading;
    };
    for (const auto& c : {Case{"loading:0\r\n", false}, Case{"loading:1\r\nasync_loading:0\r\n", true},
                          Case{"loading:0\r\nasync_loading:1\r\n", true}, Case{"", std::nullopt},
                          Case{"rdb_changes_since_last_save:0\r\n", std::nullopt}}) {
        CAPTURE(c.lines);
        auto view = parse_node_view({text("redis_version:7.0.15\r\n"), text("role:master\r\n"), text(c.lines),
                                     decode("*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n")});
        REQUIRE(view);
        CHECK(view->loading == c.loading);
    }
}

TEST_CASE("without ROLE the view stands, without INFO it does not") {
    auto base = replies(recordings::redis_6_0_replica, decode(recordings::redis_6_0_replica_role));
    auto with = [&](size_t index, Value reply) {
        auto changed = base;
        changed[index] = std::move(reply);
        return parse_node_view(changed);
    };
    for (auto denied : {"NOPERM User u has no permissions to run the 'role' command",
                        "ERR unknown command `ROLE`, with args beginning with: "}) {
        auto view = with(3, error(denied));
        REQUIRE(view);
        CHECK(view->role == Role::replica);
        CHECK(view->role_state.empty());
    }
    CHECK(show(with(3, error("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."))) ==
          "MASTERDOWN: the replica has lost its master and does not serve stale data | "
          "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'");
    CHECK(show(with(0, error("NOAUTH Authentication required."))) ==
          "NOAUTH: the node wants a password and none was given or found | NOAUTH Authentication required");
    CHECK(show(with(1, error("NOPERM User u has no permissions to run the 'info' command"))) ==
          "NOPERM: the node does not permit INFO to this user | NOPERM User u has no permissions to run the 'info' "
          "command");
    CHECK(show(with(2, error("ERR unknown command 'INFO'"))) ==
          "UNKNOWN_COMMAND: the node does not know INFO: renamed or disabled | ERR unknown command 'INFO'");
}

TEST_CASE("what is no INFO is a protocol error") {
    auto role = decode("*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n");
    CHECK(show(parse_node_view({text("hello"), text(""), text(""), role})) ==
          "PROTOCOL: the reply to INFO server is no INFO text | it begins with \"hello\"");
    CHECK(show(parse_node_view({text(""), text(""), text(""), role})) ==
          "PROTOCOL: the reply to INFO server is no INFO text | it begins with \"\"");
    CHECK(show(parse_node_view({text("redis_version:7.0.15"), text("<html>: x"), text(""), role})) ==
          "PROTOCOL: the reply to INFO replication is no INFO text | it begins with \"<html>: x\"");
    CHECK(show(parse_node_view({Value{}, text(""), text(""), role})) ==
          "PROTOCOL: the reply has nil where text is expected | ");
    CHECK(show(parse_node_view({text("redis_version:7.0.15"), text(""), text(""), text("x")})) ==
          "PROTOCOL: the reply has a string where an array is expected | ");
    CHECK(show(parse_node_view({text("redis_version:7.0.15"), text(""), text(""), decode("*0\r\n")})) ==
          "PROTOCOL: the reply to ROLE is empty | ");
    CHECK(show(parse_node_view({})) == "PROTOCOL: the node sent 0 replies to 4 requests | ");
}

TEST_CASE("numbers that are none are unknown, never 0") {
    auto view = with_replication(
        "role:master\r\nmaster_repl_offset:abc\r\nconnected_slaves:\r\nrepl_backlog_size:99999999999999999999\r\nrepl_"
        "backlog_active:yes\r\n");
    CHECK(show(view) == "version=7.0.15 server=redis role=master loading=false");
}

TEST_CASE("INFO text is read line by line, tolerantly") {
    using Fields = std::map<std::string, std::string, std::less<>>;
    CHECK(parse_info("# Server\r\n\r\nredis_version:7.0.15\r\nexecutable:/a:b\r\nredis_version:1\r\nno "
                     "colon\r\n:x\r\nempty:\r\nlast:1") ==
          Fields{{"redis_version", "7.0.15"}, {"executable", "/a:b"}, {"empty", ""}, {"last", "1"}});
    CHECK(parse_info("").empty());
}

TEST_CASE("keys are counted by database") {
    const InfoFields info = parse_info(
        "# Keyspace\r\ndb0:keys=12,expires=3,avg_ttl=0\r\ndb11:keys=1\r\ndb2:keys=many\r\ndbsize:9\r\nkeys:5\r\n");
    CHECK(keys_by_database(info) == std::map<std::string, int64_t>{{"db0", 12}, {"db11", 1}});
    CHECK(count_keys(info) == 13);
    CHECK(count_keys({}) == 0);
}

TEST_CASE("a section without a field is one without anything, and no nonsense") {
    CHECK(read_info(text("# Keyspace\r\n"), "keyspace") == InfoFields{});
    CHECK(read_info(text(""), "keyspace") == InfoFields{});
    CHECK_FALSE(read_info(text("# Keyspace\r\nnonsense\r\n"), "keyspace"));
    CHECK_FALSE(read_info(text("# Server\r\n"), "server"));
}
