#include "redis/client_list.h"
#include "redis/command_facts.h"
#include "redis/sensitive.h"

#include <doctest/doctest.h>

using namespace redisctl::redis;

namespace {

Value text(std::string content) {
    return {Value::Type::string, std::move(content), 0, {}};
}

}  // namespace

TEST_CASE("a password that a text spells out is hidden, and nothing else is") {
    const auto same = [](std::string_view text) { return without_passwords_in_text(text) == text; };
    CHECK(without_passwords_in_text("redis-server --requirepass \"pa 55\" --port 1") ==
          "redis-server --requirepass (hidden) --port 1");
    CHECK(without_passwords_in_text("a\n  requirepass pa55\r\n\tmasterauth pa55") ==
          "a\n  requirepass (hidden)\r\n\tmasterauth (hidden)");
    CHECK(without_passwords_in_text("sentinel auth-pass main pa55") == "sentinel auth-pass main (hidden)");
    CHECK(without_passwords_in_text("sentinel sentinel-pass pa55") == "sentinel sentinel-pass (hidden)");
    CHECK(without_passwords_in_text("user ann on >pa55 #0a1b ~* +get") == "user ann on >(hidden) #(hidden) ~* +get");
    CHECK(without_passwords_in_text("redis-cli -h a -a pa55 ping") == "redis-cli -h a -a (hidden) ping");
    CHECK(without_passwords_in_text("export REDIS_PASSWORD=pa55") == "export REDIS_PASSWORD=(hidden)");
    CHECK(same("redis-server --requirepass $PW --masterauth \"${PW}\"\n\n requirepass \"\""));
    CHECK(same("tar -a x; export REDIS_PASSWORD=$(cat /pw) REDIS_PASSWORD_FILE=/pw ALLOW_EMPTY_PASSWORD=yes"));
    CHECK(same("# requirepass\nmaxmemory 1gb\r\n"));
    CHECK(same(""));
}

TEST_CASE("passwords in commands are hidden, whatever the case, and nothing else is") {
    CHECK(without_secrets({"auth", "secret"}) == Request{"auth", "(hidden)"});
    CHECK(without_secrets({"AUTH", "user", "secret"}) == Request{"AUTH", "(hidden)", "(hidden)"});
    CHECK(without_secrets({"HELLO", "3", "AUTH", "user", "secret", "SETNAME", "me"}) ==
          Request{"HELLO", "3", "AUTH", "(hidden)", "(hidden)", "SETNAME", "me"});
    CHECK(without_secrets({"CONFIG", "SET", "hz", "10", "RequirePass", "secret"}) ==
          Request{"CONFIG", "SET", "hz", "10", "RequirePass", "(hidden)"});
    CHECK(without_secrets({"SENTINEL", "SET", "mymaster", "auth-pass", "secret"}) ==
          Request{"SENTINEL", "SET", "mymaster", "auth-pass", "(hidden)"});
    CHECK(without_secrets({"ACL", "SETUSER", "jane", ">secret", "on"}) ==
          Request{"ACL", "SETUSER", "jane", "(hidden)", "(hidden)"});
    CHECK(without_secrets({"MIGRATE", "h", "1", "key", "0", "10", "AUTH2", "u", "p", "KEYS", "a"}) ==
          Request{"MIGRATE", "h", "1", "key", "0", "10", "AUTH2", "(hidden)", "(hidden)", "KEYS", "a"});
    CHECK(without_secrets({"HELLO", "3", "AUTH"}) == Request{"HELLO", "3", "AUTH"});
    CHECK(without_secrets({"SET", "auth", "value"}) == Request{"SET", "auth", "value"});
    CHECK(without_secrets({}) == Request{});
}

TEST_CASE("commands that change roles, have no end, block or destroy are known by name") {
    CHECK(danger_of({"ReplicaOf", "no", "one"}) == Danger::changes_roles);
    CHECK(danger_of({"CLUSTER", "INFO"}) == Danger::none);
    CHECK(danger_of({"cluster", "failover"}) == Danger::changes_roles);
    CHECK(danger_of({"MONITOR"}) == Danger::session);
    CHECK(danger_of({"KEYS", "*"}) == Danger::blocks);
    CHECK(danger_of({"config", "get", "*"}) == Danger::none);
    CHECK(danger_of({"config", "set", "hz", "1"}) == Danger::destroys);
    CHECK(danger_of({"GET", "flushall"}) == Danger::none);
    CHECK(danger_of({}) == Danger::none);
}

TEST_CASE("whether a command may write is what the node says, save for scripts") {
    const auto entry = [](std::vector<Value> flags) {
        Value one{Value::Type::array,
                  {},
                  0,
                  {text("set"), {Value::Type::integer, {}, -3, {}}, {Value::Type::array, {}, 0, flags}}};
        return Value{Value::Type::array, {}, 0, {one}};
    };
    CHECK(may_write(entry({text("write"), text("denyoom")}), {"SET", "a", "b"}) == true);
    CHECK(may_write(entry({text("readonly")}), {"GET", "a"}) == false);
    CHECK(may_write(entry({text("noscript")}), {"EVAL", "return 1", "0"}) == true);
    CHECK(may_write(entry({text("readonly")}), {"EVAL_RO", "return 1", "0"}) == false);
    CHECK(may_write({Value::Type::array, {}, 0, {Value{}}}, {"NOSUCH"}) == std::nullopt);
    CHECK(may_write({Value::Type::error, "NOPERM", 0, {}}, {"SET"}) == std::nullopt);
}

TEST_CASE("CLIENT LIST is read by field, and what is missing is unknown") {
    const auto clients = read_client_list(
        text("id=3 addr=10.0.0.7:50000 name=web age=9 idle=0 flags=b db=2 sub=0 omem=7 cmd=blpop user=app\n"
             "id=4 addr=[::1]:6379 flags=S cmd=psync\nid=5 addr=/run/redis.sock:0 flags=P\n"
             "nonsense\nid=x addr=1.2.3.4:5\n"));
    REQUIRE(clients);
    REQUIRE(clients->size() == 3);
    const ConnectedClient& first = clients->front();
    CHECK(first.host() == "10.0.0.7");
    CHECK(first.name == "web");
    CHECK(first.database == 2);
    CHECK(first.blocked);
    CHECK(first.type == "normal");
    CHECK(first.output_bytes == 7);
    CHECK(clients->at(1).host() == "[::1]");
    CHECK(clients->at(1).type == "replica");
    CHECK(clients->at(1).age_seconds == std::nullopt);
    CHECK(clients->at(2).type == "pubsub");
    CHECK(!read_client_list({Value::Type::integer, {}, 1, {}}));
}
