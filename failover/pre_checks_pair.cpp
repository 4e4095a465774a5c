#include "failover/pre_checks_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace redisctl::failover {

namespace {

using redis::count_of;

constexpr int64_t backlog_seconds = 10;
constexpr int64_t spare_clients = 32;  // exporters, replicas and we ourselves

// Valkey's own versions say nothing beside Redis's; it tells the Redis version that it speaks like.
std::string comparable(const NodeFacts& node, bool same_server) {
    return same_server ? node.view->version : redis::text_of(node.info, "redis_version");
}

// The old master follows the new one afterwards: an older one does not understand a newer stream or snapshot for
// certain. Upwards is how a system is upgraded.
void check_version(const Pair& pair, Checks& out) {
    Verdicts version(out, "version", pair.target_name, "not older than the master's", "redisctl version");
    if (!pair.master.view || !pair.target.view) return version.unknown("one of the two does not answer");
    const bool same_server = pair.master.view->server == pair.target.view->server;
    const std::string master = comparable(pair.master, same_server), target = comparable(pair.target, same_server);
    const std::string both = fmt::format("{} {} after {} {}", pair.target.view->server, pair.target.view->version,
                                         pair.master.view->server, pair.master.view->version);
    const auto up = at_least(target, master), down = at_least(master, target);
    if (!up || !down) return version.unknown("a version was not told");
    if (*up && !*down)
        version.hint("upgrade the old master soon: it may not understand its new master").warn(both);
    else
        version.good_if(*up, *up ? pair.target.view->version : both);
}

void check_logins(const Pair& pair, Checks& out) {
    const auto tell = [&](const char* name, const std::string& node, const std::string& who,
                          const std::optional<Result<void>>& tried, const std::string& hint) {
        Verdicts login(out, name, node, fmt::format("{} can log in", who), hint);
        if (!tried)
            login.unknown("not tried");
        else if (*tried)
            login.good_if(true, "logged in");
        else if (tried->error().code == ErrorCode::unauthenticated || tried->error().code == ErrorCode::forbidden)
            login.block(shown(tried->error()));
        else
            login.unknown(tried->error());
    };
    const std::string hint =
        "give both the same masteruser and masterauth, and a password that fits: CONFIG SET masterauth";
    tell("reverse-login", pair.target_name, pair.master_name(), pair.target.admits_master, hint);
    tell("rollback-login", pair.master_name(), pair.target_name, pair.target.admitted_by_master, hint);
}

// "save 3600 1 → (empty)" of each that differs; nullopt when one side did not tell.
std::optional<std::vector<std::string>> differences(const Pair& pair, std::initializer_list<const char*> names) {
    std::vector<std::string> result;
    for (const char* name : names) {
        const std::string *master = setting(pair.master, name), *target = setting(pair.target, name);
        if (master == nullptr || target == nullptr) return std::nullopt;
        const auto text = [](const std::string& value) { return value.empty() ? std::string("(empty)") : value; };
        if (*master != *target) result.push_back(fmt::format("{} {} → {}", name, text(*master), text(*target)));
    }
    return result;
}

std::string why_not_compared(const Pair& pair) {
    if (!pair.master.view || !pair.master.settings) return why_no_setting(pair.master, {});
    if (!pair.target.view || !pair.target.settings) return why_no_setting(pair.target, {});
    return "one of the two has no such setting";
}

void check_memory(const Pair& pair, Checks& out) {
    Verdicts memory(out, "maxmemory", pair.target_name, "room for all of the master's data",
                    "CONFIG SET maxmemory on the target, as the master has it");
    const auto limit = setting_count(pair.target, "maxmemory"), own = setting_count(pair.master, "maxmemory");
    const auto used = count_of(pair.master.info, "used_memory");
    if (!limit)
        memory.unknown(why_no_setting(pair.target, "maxmemory"));
    else if (*limit == 0)
        memory.good_if(true, "no limit");
    else if (!used)
        memory.unknown("the master does not tell used_memory");
    else if (*limit < *used)
        memory.block(fmt::format("limit {}, {} in use", bytes(*limit), bytes(*used)));
    else
        memory.warn_unless(!own || *own == *limit, fmt::format("limit {}, {} in use", bytes(*limit), bytes(*used)));

    const auto compare = [&](const char* name, std::initializer_list<const char*> names, const std::string& hint) {
        const auto found = differences(pair, names);
        Verdicts equal(out, name, pair.target_name, "as the master's", hint);
        if (!found) return equal.unknown(why_not_compared(pair));
        equal.good_if(found->empty(), found->empty() ? "the same" : fmt::format("{}", fmt::join(*found, "; ")));
    };
    compare("maxmemory-policy", {"maxmemory-policy"},
            "CONFIG SET maxmemory-policy on the target, as the master has it");
    compare("persistence", {"appendonly", "save"},
            "CONFIG SET appendonly and save on the target: what it acknowledges is kept no better than this");
}

void check_tls(const Pair& pair, Checks& out) {
    Verdicts tls(out, "tls-replication", pair.target_name, "as the master's",
                 "the two could not replicate the other way round");
    if (!pair.master.view || !pair.master.settings || !pair.target.view || !pair.target.settings)
        return tls.unknown(why_not_compared(pair));
    const std::string master = tls_replication(pair.master), target = tls_replication(pair.target);
    tls.good_if(master == target, master == target ? target : fmt::format("{}, the master has {}", target, master));
}

void check_capacity(const Pair& pair, Checks& out) {
    Verdicts backlog(out, "backlog-size", pair.target_name, fmt::format("{}s of writes", backlog_seconds),
                     "CONFIG SET repl-backlog-size on the target: a replica that is away for longer copies everything");
    const auto rate = write_rate(pair.master);
    const auto size = pair.target.view ? pair.target.view->backlog_size : std::nullopt;
    if (!rate || !size)
        backlog.unknown(!rate ? "the write rate could not be measured" : "the size was not told");
    else  // Costs copies, never a write: no reason to keep a failing master.
        backlog.warn_unless(*size >= *rate * backlog_seconds,
                            fmt::format("{}, writes {}/s", bytes(*size), bytes(*rate)));

    Verdicts clients(out, "maxclients", pair.target_name, "room for all of the master's clients",
                     "CONFIG SET maxclients on the target, as the master has it");
    const auto most = setting_count(pair.target, "maxclients"), now = count_of(pair.master.info, "connected_clients");
    if (!most)
        clients.unknown(why_no_setting(pair.target, "maxclients"));
    else if (!now)
        clients.unknown("the master does not tell connected_clients");
    else
        clients.good_if(*most >= *now + spare_clients, fmt::format("{}, the master has {} clients", *most, *now));

    // The old master takes the target's place in the list.
    Verdicts replicas(
        out, "min-replicas", pair.target_name, "at most as many as will follow it",
        "CONFIG SET min-replicas-to-write on the target: with more it refuses every write. Left by a killed "
        "run? redisctl heal");
    const auto wanted = setting_count(pair.target, "min-replicas-to-write");
    if (!wanted) return replicas.unknown(why_no_setting(pair.target, "min-replicas-to-write"));
    if (!pair.master.view) return replicas.unknown(pair.master.view.error());
    const auto& lines = pair.master.view->replicas;
    const auto attached =
        std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.state == "online"; });
    replicas.good_if(*wanted <= attached, fmt::format("{}, {} will follow", *wanted, attached));
}

void check_settings(const Pair& pair, Checks& out) {
    Verdicts same(out, "settings", pair.target_name, "as the master's",
                  "clients will see the target's: CONFIG SET there if that is not meant");
    const auto found = differences(
        pair, {"maxmemory", "notify-keyspace-events", "timeout", "client-output-buffer-limit", "databases"});
    // Shown so that nobody is surprised; not to know it is no reason to stay.
    if (!found) return same.warn(fmt::format("unknown: {}", why_not_compared(pair)));
    same.warn_unless(found->empty(), found->empty() ? "the same" : fmt::format("{}", fmt::join(*found, "; ")));
}

}  // namespace

void check_pair(const Pair& pair, Checks& out) {
    check_version(pair, out);
    check_logins(pair, out);
    check_tls(pair, out);
    check_memory(pair, out);
    check_capacity(pair, out);
    check_settings(pair, out);
}

}  // namespace redisctl::failover
