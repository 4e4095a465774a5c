#include "redis/reply_error.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace redisctl::redis {

namespace {

// A sentence may name the command as {0}, a hint the ACL rule that permits it.
struct Situation {
    std::string_view begins;  // how the server's text begins
    ErrorCode code;
    std::string_view reason, message, hint;
};

constexpr std::string_view give_password =
    "pass --password-file FILE, or name the Secret with --password-secret NAME:KEY";
constexpr std::string_view look_again = "the roles may have changed: look with redisctl replication-info";
constexpr std::string_view use_cluster = "use redis-cli --cluster for this system";

// The first that fits. Texts: redis and valkey src/server.c (shared objects, processCommand), src/acl.c,
// src/networking.c, src/sentinel.c.
constexpr std::array situations{
    Situation{"NOAUTH", ErrorCode::unauthenticated, "NOAUTH", "the node wants a password and none was given or found",
              give_password},
    Situation{"WRONGPASS", ErrorCode::unauthenticated, "WRONGPASS", "the node rejected the password", give_password},
    Situation{"ERR invalid password", ErrorCode::unauthenticated, "WRONGPASS", "the node rejected the password",
              give_password},
    Situation{"ERR Client sent AUTH, but no password is set", ErrorCode::unauthenticated, "NO_PASSWORD_SET",
              "a password was given, but the node has none set", "leave the password out"},
    Situation{"ERR AUTH <password> called without any password", ErrorCode::unauthenticated, "NO_PASSWORD_SET",
              "a password was given, but the node has none set", "leave the password out"},
    Situation{"NOPERM", ErrorCode::forbidden, "NOPERM", "the node does not permit {0} to this user",
              "let an administrator run: ACL SETUSER NAME +{0}"},
    Situation{"DENIED", ErrorCode::forbidden, "DENIED", "the node is in protected mode and answers only its own host",
              "set a password on the node, or reach it from its own host: --via port-forward"},
    Situation{"ERR unknown command", ErrorCode::server, "UNKNOWN_COMMAND",
              "the node does not know {0}: renamed or disabled", "look for rename-command in the node's configuration"},
    Situation{"LOADING", ErrorCode::server, "LOADING", "the node is loading its dataset into memory",
              "wait until it is done, then ask again"},
    Situation{"MASTERDOWN", ErrorCode::server, "MASTERDOWN",
              "the replica has lost its master and does not serve stale data",
              "find out why: redisctl replication-info"},
    Situation{"NOMASTERLINK", ErrorCode::server, "NOMASTERLINK", "the replica is not linked to its master",
              "find out why: redisctl replication-info"},
    Situation{"READONLY", ErrorCode::server, "READONLY", "the node is a replica and takes no writes", look_again},
    Situation{"NOREPLICAS", ErrorCode::server, "NOREPLICAS", "the master takes no writes: too few replicas follow it",
              "see who follows: redisctl replication-info; the limit is min-replicas-to-write"},
    Situation{"BUSY", ErrorCode::server, "BUSY", "the node is busy with a script",
              "wait for it; if it never ends and only read: SCRIPT KILL"},
    Situation{"MISCONF", ErrorCode::server, "MISCONF", "the node takes no writes: it cannot save its dataset",
              "look at the node's disk and log"},
    Situation{"OOM", ErrorCode::server, "OOM", "the node has reached its maxmemory", "see redisctl info memory"},
    Situation{"CLUSTERDOWN", ErrorCode::server, "CLUSTERDOWN", "the Redis Cluster of this node is down", use_cluster},
    Situation{"MOVED", ErrorCode::server, "CLUSTER_MODE", "the node is part of a Redis Cluster", use_cluster},
    Situation{"ASK", ErrorCode::server, "CLUSTER_MODE", "the node is part of a Redis Cluster", use_cluster},
    Situation{"TRYAGAIN", ErrorCode::server, "CLUSTER_MODE", "the node is part of a Redis Cluster", use_cluster},
    Situation{"CROSSSLOT", ErrorCode::server, "CLUSTER_MODE", "the node is part of a Redis Cluster", use_cluster},
    Situation{"ERR max number of clients", ErrorCode::server, "MAX_CLIENTS",
              "the node has as many clients as it allows",
              "raise maxclients, or find out who holds the connections: CLIENT LIST"},
    Situation{"EXECABORT", ErrorCode::server, "EXECABORT", "the node dropped the transaction", ""},
    Situation{"UNBLOCKED", ErrorCode::server, "UNBLOCKED", "the node ended {0} early: its role has changed",
              look_again},
    Situation{"NOGOODSLAVE", ErrorCode::server, "NO_GOOD_REPLICA", "the Sentinel sees no replica that it could promote",
              "see what it knows: SENTINEL REPLICAS NAME"},
    Situation{"INPROG", ErrorCode::server, "IN_PROGRESS", "a failover is already under way",
              "wait until it is done, then look again"},
    Situation{"NOQUORUM", ErrorCode::server, "NO_QUORUM", "the Sentinels do not reach their quorum",
              "start the missing Sentinels"},
};

bool starts_with_word(std::string_view text, std::string_view begin) {
    if (!text.starts_with(begin)) return false;
    return text.size() == begin.size() || std::isalnum(static_cast<unsigned char>(text[begin.size()])) == 0;
}

// What the server said, fit to print: its first sentence, of bounded length.
std::string quotable(std::string_view text) {
    constexpr size_t longest = 200;
    // "unknown command 'X', with args beginning with: 'secret'"
    text = text.substr(0, text.find(", with args"));
    // DENIED goes on for a page.
    text = text.substr(0, text.find(". "));
    if (text.ends_with('.')) text.remove_suffix(1);
    return printable(text.substr(0, longest)) + (text.size() > longest ? "…" : "");
}

// What stands in quotes may be an argument that the client sent, and that may be a secret; only the command's own name
// is kept.
std::string hide_arguments(std::string_view text, std::string_view command) {
    std::string shown;
    for (size_t i = 0; i < text.size(); ++i) {
        shown += text[i];
        bool inside_word =
            i > 0 && std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0;  // the apostrophe of "can't"
        if (inside_word || std::string_view("'`\"").find(text[i]) == std::string_view::npos) continue;
        auto end = std::min(text.find(text[i], i + 1), text.size());
        auto quoted = text.substr(i + 1, end - i - 1);
        shown += lower(quoted) == command ? std::string(quoted) : "…";
        if (end < text.size()) shown += text[end];
        i = end;
    }
    return shown;
}

}  // namespace

Error reply_error(const Value& reply, std::string_view command) {
    auto small = lower(command);
    for (const auto& situation : situations) {
        if (!starts_with_word(reply.text, situation.begins)) continue;
        auto rule = small;  // how ACL rules spell a subcommand
        std::ranges::replace(rule, ' ', '|');
        return Error{situation.code, fmt::format(fmt::runtime(situation.message), command), quotable(reply.text),
                     fmt::format(fmt::runtime(situation.hint), rule), std::string(situation.reason)};
    }
    auto word = reply.error_word();
    bool is_code = word != "ERR" && std::ranges::all_of(word, [](unsigned char c) { return std::isupper(c) != 0; });
    return Error{ErrorCode::server,
                 fmt::format("the node answered {} with an error", command),
                 quotable(hide_arguments(reply.text, small)),
                 {},
                 is_code ? std::string(word) : std::string()};
}

}  // namespace redisctl::redis
