#include "redis/command_keys.h"

#include <doctest/doctest.h>

using namespace redisctl::redis;

TEST_CASE("Only the command and its first key are shown") {
    CHECK(without_values({"SET", "user:1", "hunter2", "E", "60"}) ==
          Request{"SET", "user:1", "(7 bytes)", "(1 byte)", "(2 bytes)"});
    CHECK(first_key({"SET", "user:1", "hunter2"}) == "user:1");
    CHECK(without_values({"bitop", "AND", "to", "from"}) == Request{"bitop", "(3 bytes)", "to", "(4 bytes)"});
    CHECK(without_values({"ping"}) == Request{"ping"});
    CHECK(without_values({"set"}) == Request{"set"});
    CHECK(first_key({"set"}).empty());
    CHECK(without_values({}).empty());
    CHECK(first_key({}).empty());
}

TEST_CASE("A subcommand is part of the name") {
    CHECK(without_values({"OBJECT", "Encoding", "key"}) == Request{"OBJECT", "Encoding", "key"});
    CHECK(first_key({"OBJECT", "Encoding", "key"}) == "key");
    CHECK(without_values({"object", "help"}) == Request{"object", "(4 bytes)"});
}

TEST_CASE("Of a command that is not known, or whose keys are counted, no word is shown") {
    CHECK(without_values({"b840fc02", "hunter2"}) == Request{"b840fc02", "(7 bytes)"});
    CHECK(without_values({"eval", "return 1", "1", "key"}) == Request{"eval", "(8 bytes)", "(1 byte)", "(3 bytes)"});
    CHECK(first_key({"eval", "return 1", "1", "key"}).empty());
}

TEST_CASE("Of a password not even its length is left") {
    CHECK(without_values({"AUTH", "hunter2"}) == Request{"AUTH", "(hidden)"});
    CHECK(without_values({"HELLO", "3", "AUTH", "jane", "hunter2"}) ==
          Request{"HELLO", "(hidden)", "(hidden)", "(hidden)", "(hidden)"});
    for (const Request& command :
         {Request{"config", "SET", "new-secret", "hunter2"}, Request{"ACL", "setuser", "a", "b"},
          Request{"sentinel", "config", "set", "b"}}) {
        CHECK(without_any_secret(command) == Request{command[0], command[1], "(hidden)", "(hidden)"});
        CHECK(without_values(command)[3] == "(hidden)");
    }
    const Request migrate{"migrate", "host", "6379", "key", "0", "1000", "AUTH", "hunter2"};
    CHECK(without_values(migrate).back() == "(hidden)");
    CHECK(without_any_secret(migrate)[3] == "key");
    CHECK(without_any_secret({"SET", "user:1", "value"}) == Request{"SET", "user:1", "value"});
    CHECK(without_any_secret({}).empty());
}
