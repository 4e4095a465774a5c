#include "redis/reply_error.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

using namespace redisctl;
using namespace redisctl::redis;

namespace {

std::string show(std::string_view text, std::string_view command = "INFO") {
    auto error = reply_error(Value{Value::Type::error, std::string(text), 0, {}}, command);
    return fmt::format("{} {}: {} | {} | {}", code_name(error.code), error.reason, error.message, error.cause,
                       error.hint);
}

}  // namespace

// The texts are those of real servers: Redis 5.0, 6.0.16, 7.0.15, 8.0.2 and Valkey 8.1.1.
TEST_CASE("passwords: each way to be turned away has its own sentence") {
    const std::string hint = "pass --password-file FILE, or name the Secret with --password-secret NAME:KEY";
    CHECK(show("NOAUTH Authentication required.") ==
          "UNAUTHENTICATED NOAUTH: the node wants a password and none was given or found | NOAUTH Authentication "
          "required | " +
              hint);
    CHECK(show("WRONGPASS invalid username-password pair or user is disabled.", "AUTH") ==
          "UNAUTHENTICATED WRONGPASS: the node rejected the password | WRONGPASS invalid username-password pair or "
          "user is disabled | " +
              hint);
    CHECK(show("ERR invalid password", "AUTH") ==
          "UNAUTHENTICATED WRONGPASS: the node rejected the password | ERR invalid password | " + hint);
    CHECK(show("ERR Client sent AUTH, but no password is set", "AUTH") ==
          "UNAUTHENTICATED NO_PASSWORD_SET: a password was given, but the node has none set | ERR Client sent AUTH, "
          "but no password is set | leave the password out");
    CHECK(show("ERR AUTH <password> called without any password configured for the default user. Are you sure your "
               "configuration is correct?",
               "AUTH") ==
          "UNAUTHENTICATED NO_PASSWORD_SET: a password was given, but the node has none set | "
          "ERR AUTH <password> called without any password configured for the default user | leave the password out");
}

TEST_CASE("permissions: the command is named, and the rule that would allow it") {
    CHECK(show("NOPERM this user has no permissions to run the 'info' command or its subcommand") ==
          "FORBIDDEN NOPERM: the node does not permit INFO to this user | NOPERM this user has no permissions to run "
          "the 'info' command or its subcommand | "
          "let an administrator run: ACL SETUSER NAME +info");
    CHECK(show("NOPERM User u has no permissions to run the 'config|get' command", "CONFIG GET") ==
          "FORBIDDEN NOPERM: the node does not permit CONFIG GET to this user | NOPERM User u has no permissions to "
          "run the 'config|get' command | "
          "let an administrator run: ACL SETUSER NAME +config|get");
    CHECK(show("DENIED Redis is running in protected mode because protected mode is enabled and no password is set for "
               "the default user. In this mode …") ==
          "FORBIDDEN DENIED: the node is in protected mode and answers only its own host | "
          "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the "
          "default user | "
          "set a password on the node, or reach it from its own host: --via port-forward");
    CHECK(
        show("ERR unknown command `INFO`, with args beginning with: `server`, ") ==
        "SERVER_ERROR UNKNOWN_COMMAND: the node does not know INFO: renamed or disabled | ERR unknown command `INFO` | "
        "look for rename-command in the node's configuration");
    CHECK(
        show("ERR unknown command 'ROLE'", "ROLE") ==
        "SERVER_ERROR UNKNOWN_COMMAND: the node does not know ROLE: renamed or disabled | ERR unknown command 'ROLE' | "
        "look for rename-command in the node's configuration");
}

TEST_CASE("states of the node: what it does now, not what it is called") {
    struct Case {
        std::string_view text, code_and_reason, message;
    };
    for (const auto& c : {
             Case{"LOADING Redis is loading the dataset in memory", "SERVER_ERROR LOADING",
                  "the node is loading its dataset into memory"},
             Case{"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
                  "SERVER_ERROR MASTERDOWN", "the replica has lost its master and does not serve stale data"},
             Case{"NOMASTERLINK Can't SYNC while not connected with my master", "SERVER_ERROR NOMASTERLINK",
                  "the replica is not linked to its master"},
             Case{"READONLY You can't write against a read only replica.", "SERVER_ERROR READONLY",
                  "the node is a replica and takes no writes"},
             Case{"NOREPLICAS Not enough good replicas to write.", "SERVER_ERROR NOREPLICAS",
                  "the master takes no writes: too few replicas follow it"},
             Case{"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
                  "SERVER_ERROR BUSY", "the node is busy with a script"},
             Case{"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
                  "SERVER_ERROR MISCONF", "the node takes no writes: it cannot save its dataset"},
             Case{"OOM command not allowed when used memory > 'maxmemory'.", "SERVER_ERROR OOM",
                  "the node has reached its maxmemory"},
             Case{"CLUSTERDOWN Hash slot not served", "SERVER_ERROR CLUSTERDOWN",
                  "the Redis Cluster of this node is down"},
             Case{"MOVED 3999 127.0.0.1:6381", "SERVER_ERROR CLUSTER_MODE", "the node is part of a Redis Cluster"},
             Case{"ERR max number of clients reached", "SERVER_ERROR MAX_CLIENTS",
                  "the node has as many clients as it allows"},
             Case{"UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
                  "SERVER_ERROR UNBLOCKED", "the node ended INFO early: its role has changed"},
             Case{"NOGOODSLAVE No suitable replica to promote", "SERVER_ERROR NO_GOOD_REPLICA",
                  "the Sentinel sees no replica that it could promote"},
             Case{"INPROG Failover already in progress", "SERVER_ERROR IN_PROGRESS", "a failover is already under way"},
             Case{"NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the specified quorum for this "
                  "master",
                  "SERVER_ERROR NO_QUORUM", "the Sentinels do not reach their quorum"},
         }) {
        auto shown = show(c.text);
        CAPTURE(shown);
        CHECK(shown.starts_with(
            fmt::format("{}: {} | {}", c.code_and_reason, c.message, c.text.substr(0, c.text.find(' ')))));
    }
}

TEST_CASE("an error that is not known is passed on, with its word") {
    CHECK(show("ERR syntax error") == "SERVER_ERROR : the node answered INFO with an error | ERR syntax error | ");
    CHECK(show("BUSYKEY Target key name already exists.", "RESTORE") ==
          "SERVER_ERROR BUSYKEY: the node answered RESTORE with an error | BUSYKEY Target key name already exists | ");
    CHECK(show("Something odd") == "SERVER_ERROR : the node answered INFO with an error | Something odd | ");
    CHECK(show("") == "SERVER_ERROR : the node answered INFO with an error |  | ");
    CHECK(show("ERR \x1b[31mred") == "SERVER_ERROR : the node answered INFO with an error | ERR \\x1b[31mred | ");
    CHECK(show("ERR " + std::string(300, 'x')) ==
          "SERVER_ERROR : the node answered INFO with an error | ERR " + std::string(196, 'x') + "… | ");
}

TEST_CASE("what the client sent is not repeated: it may be a secret") {
    for (std::string_view text : {
             "ERR unknown command `AUTH`, with args beginning with: `hunter2`, ",
             "ERR unknown command 'AUTH', with args beginning with: 'hunter2' ",
             "ERR Error in ACL SETUSER modifier '>hunter2': Syntax error",
             "ERR Invalid argument 'hunter2' for CONFIG SET 'requirepass'",
             "ERR Unrecognized option or bad number of args for: \"hunter2\"",
             "ERR can't use 'hunter2",
         }) {
        auto shown = show(text, "AUTH");
        CAPTURE(shown);
        CHECK(shown.find("hunter2") == std::string::npos);
    }
    CHECK(show("ERR wrong number of arguments for 'auth' command", "AUTH") ==
          "SERVER_ERROR : the node answered AUTH with an error | ERR wrong number of arguments for 'auth' command | ");
}
