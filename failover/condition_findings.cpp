#include "failover/condition_findings.h"

#include "base/text.h"
#include "failover/pre_checks_parts.h"
#include "topology/findings.h"
#include "topology/lag.h"
#include "topology/system.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace redisctl::failover {

namespace {

using redis::Role;

// A link that was cut for so long shall find the missing bytes: pods are made anew in about a minute.
constexpr int64_t backlog_seconds = 60;
// Of the memory that there is. Above, the next burst is too much.
constexpr double nearly_full = 0.9;
// Since its master last heard a replica. It is told every second; the charts' guide calls 10 s an alarm, 30 s a fault.
constexpr int64_t lag_alarm = 10, lag_fault = 30;

std::optional<int64_t> number_in(std::string_view text) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

class Examination {
  public:
    Examination(const Facts& facts, const Surroundings& surroundings)
        : facts_(facts), around_(surroundings), out_(facts.instance, facts.picture) {}

    std::vector<Finding> run() {
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            if (!facts_.nodes[i].view) continue;
            about_persistence(i);
            about_memory(i);
            about_refusals(i);
            about_logins(i);
            about_replica(i);
            about_lag(i);
        }
        about_backlog();
        about_differences();
        find_about_names(out_, facts_);
        find_about_pods(out_, facts_, around_);
        if (around_.wishes) find_about_wishes(out_, facts_, *around_.wishes);
        return out_.take();
    }

  private:
    const std::string& name(size_t i) const { return facts_.instance.nodes[i].name; }
    bool is_master(size_t i) const { return facts_.nodes[i].view->role == Role::master; }

    std::string text(size_t i, std::string_view key) const { return redis::text_of(facts_.nodes[i].info, key); }
    std::optional<int64_t> count(size_t i, std::string_view key) const {
        return redis::count_of(facts_.nodes[i].info, key);
    }

    void about_persistence(size_t i) {
        if (!facts_.nodes[i].settings) {
            const Error& error = facts_.nodes[i].settings.error();
            out_.add(
                Severity::info, "CONDITION_UNKNOWN", name(i),
                fmt::format("{} does not tell its settings ({}): nothing is said about them", name(i), error.message),
                error.hint);
        }
        // Nobody else becomes the master while it restarts, and all copy what it comes back with.
        const bool comes_back_as_master =
            facts_.picture.sentinels.empty() && !topology::decided_elsewhere(facts_.picture.system);
        if (is_master(i) && persists(facts_.nodes[i]) == false)
            out_.add(comes_back_as_master && facts_.nodes.size() > 1 ? Severity::critical : Severity::warning,
                     "MASTER_NOT_PERSISTENT", name(i),
                     fmt::format("{} saves nothing (save \"\", appendonly no): restarted it is empty{}", name(i),
                                 facts_.nodes.size() > 1 ? ", and its replicas copy that" : ""),
                     out_.command("failover --dry-run"));
        if (text(i, "rdb_last_bgsave_status") == "err")
            out_.add(is_master(i) ? Severity::critical : Severity::warning, "SAVE_FAILED", name(i),
                     fmt::format("the last save of {} failed; with stop-writes-on-bgsave-error a master refuses all "
                                 "writes (MISCONF)",
                                 name(i)),
                     out_.look_at(facts_.instance.nodes[i]));
        if (text(i, "aof_enabled") == "1" && text(i, "aof_last_write_status") == "err")
            out_.add(Severity::critical, "AOF_WRITE_FAILED", name(i),
                     fmt::format("{} cannot write its AOF: it refuses writes until it can", name(i)),
                     out_.look_at(facts_.instance.nodes[i]));
        else if (text(i, "aof_enabled") == "1" && text(i, "aof_last_bgrewrite_status") == "err")
            out_.add(Severity::warning, "AOF_REWRITE_FAILED", name(i),
                     fmt::format("the last rewrite of {}'s AOF failed: it grows until the disk is full", name(i)),
                     out_.look_at(facts_.instance.nodes[i]));
    }

    void about_memory(size_t i) {
        const std::optional<int64_t> used = count(i, "used_memory"), resident = count(i, "used_memory_rss");
        const int64_t limit = count(i, "maxmemory").value_or(0);
        const std::string policy = text(i, "maxmemory_policy");
        if (limit > 0 && !policy.empty() && policy != "noeviction") {
            const int64_t evicted = count(i, "evicted_keys").value_or(0);
            if (is_master(i))
                out_.add(evicted > 0 ? Severity::warning : Severity::info, "EVICTS_KEYS", name(i),
                         evicted > 0 ? fmt::format("{} has thrown {} keys away ({})", name(i), evicted, policy)
                                     : fmt::format("{} throws keys away when maxmemory is reached ({}): right for a "
                                                   "cache, a loss for a data store",
                                                   name(i), policy),
                         out_.command("info memory"));
        } else if (limit > 0 && used && static_cast<double>(*used) > nearly_full * static_cast<double>(limit)) {
            out_.add(Severity::warning, "MEMORY_NEARLY_FULL", name(i),
                     fmt::format("{} uses {} of its maxmemory {}; then it refuses writes (OOM)", name(i),
                                 human_bytes(*used), human_bytes(limit)),
                     out_.command("info memory"));
        }
        const std::optional<int64_t> allowed = memory_limit(i);
        if (!allowed || !resident) return;
        if (static_cast<double>(*resident) > nearly_full * static_cast<double>(*allowed))
            out_.add(Severity::critical, "LIMIT_NEARLY_REACHED", name(i),
                     fmt::format("{} uses {} of its container's limit {}: above it the kernel kills it", name(i),
                                 human_bytes(*resident), human_bytes(*allowed)),
                     out_.kubectl("top pod " + facts_.instance.nodes[i].pod));
        else if (*resident > *allowed / 2)
            out_.add(Severity::warning, "FORK_MAY_NOT_FIT", name(i),
                     fmt::format("{} uses {} of its container's limit {}: a save or a full copy under writes can need "
                                 "as much again, and then the kernel kills it",
                                 name(i), human_bytes(*resident), human_bytes(*allowed)),
                     out_.kubectl("top pod " + facts_.instance.nodes[i].pod));
    }

    std::optional<int64_t> memory_limit(size_t i) const {
        const auto pod = around_.pods.find(facts_.instance.nodes[i].pod);
        if (pod == around_.pods.end() || !pod->second) return std::nullopt;
        for (const kube::ContainerCondition& container : pod->second->containers)
            if (container.name.find("redis") != std::string::npos || container.name.find("valkey") != std::string::npos)
                return container.memory_limit;
        return pod->second->containers.size() == 1 ? pod->second->containers.front().memory_limit : std::nullopt;
    }

    // "errorstat_READONLY:count=12", from 6.2 on. Since its start, or CONFIG RESETSTAT.
    int64_t refused(size_t i, const char* word) const {
        const std::string stat = text(i, std::string("errorstat_") + word);
        constexpr std::string_view before = "count=";
        if (!stat.starts_with(before)) return 0;
        return number_in(std::string_view(stat).substr(before.size())).value_or(0);
    }

    void about_refusals(size_t i) {
        if (const int64_t times = refused(i, "READONLY"); times > 0 && !is_master(i))
            out_.add(Severity::warning, "WRITES_TO_REPLICA", name(i),
                     fmt::format("{} refused {} writes with READONLY since its start: some client writes to a replica",
                                 name(i), times),
                     out_.command("uri"));
        for (const auto& [word, why] :
             {std::pair{"OOM", "its memory was full"}, std::pair{"MISCONF", "it could not save"},
              std::pair{"NOREPLICAS", "too few replicas followed"}})
            if (const int64_t times = refused(i, word); times > 0 && is_master(i))
                out_.add(Severity::warning, "WRITES_REFUSED", name(i),
                         fmt::format("{} refused {} writes with {} since its start: {}", name(i), times, word, why),
                         out_.command("info errorstats"));
    }

    void about_logins(size_t i) {
        const std::optional<Result<void>>& there = facts_.nodes[i].admitted_by_master;
        const std::optional<Result<void>>& back = facts_.nodes[i].admits_master;
        const auto wrong = [](const std::optional<Result<void>>& tried) {
            return tried && !*tried &&
                   (tried->error().code == ErrorCode::unauthenticated || tried->error().code == ErrorCode::forbidden);
        };
        if (wrong(there))
            out_.add(Severity::critical, "REPLICA_CANNOT_LOG_IN", name(i),
                     fmt::format("{} cannot log in to {} with its masterauth ({}): its link stays down, or breaks for "
                                 "good the next time",
                                 name(i), facts_.master, there->error().message),
                     out_.command("resync-replica " + name(i) + " --dry-run"));
        if (wrong(back))
            out_.add(Severity::warning, "MASTER_CANNOT_LOG_IN", name(i),
                     fmt::format("{} could not follow {} after a switch: its masterauth is refused there ({})",
                                 facts_.master, name(i), back->error().message),
                     out_.command("failover --promote " + name(i) + " --dry-run"));
    }

    void about_replica(size_t i) {
        const std::optional<size_t> master = facts_.index_of(facts_.master);
        if (is_master(i) || !master || !facts_.nodes[*master].view) return;
        const redis::NodeView &own = *facts_.nodes[i].view, &theirs = *facts_.nodes[*master].view;
        // On the same history with its link up it is only behind.
        if (own.loading == true || (own.link_up == true && topology::same_history(own, theirs))) return;
        const int64_t keys = redis::count_keys(facts_.nodes[i].info);
        const int64_t all = redis::count_keys(facts_.nodes[*master].info);
        if (keys == 0 && all > 0)
            out_.add(Severity::critical, "REPLICA_EMPTY", name(i),
                     fmt::format("{} holds no key, {} holds {}", name(i), facts_.master, all),
                     out_.command("resync-replica " + name(i) + " --dry-run"));
    }

    void about_lag(size_t i) {
        const topology::NodePicture& seen = facts_.picture.nodes[i];
        if (is_master(i) || facts_.nodes[i].view->link_up != true || seen.lag_seconds.value_or(0) < lag_alarm) return;
        const std::optional<Gap> gap = gap_of(facts_, name(i));
        out_.add(*seen.lag_seconds < lag_fault ? Severity::warning : Severity::critical, "REPLICA_LAGS", name(i),
                 fmt::format("{} was last heard by its master {} s ago{}: too little CPU, a slow disk, a slow network, "
                             "or more writes than it can take",
                             name(i), *seen.lag_seconds,
                             gap ? fmt::format(", and is {} behind{}", human_bytes(gap->later),
                                               gap->later > gap->earlier ? " and falling further" : "")
                                 : ""),
                 out_.command("replica-lag"));
    }

    void about_backlog() {
        const std::optional<size_t> master = facts_.index_of(facts_.master);
        if (!master || !facts_.nodes[*master].view || facts_.nodes.size() < 2) return;
        const std::optional<int64_t> rate = write_rate(facts_.nodes[*master]);
        const std::optional<int64_t> size = facts_.nodes[*master].view->backlog_size;
        if (rate && size && *rate > 0 && *size / *rate < backlog_seconds)
            out_.add(Severity::warning, "BACKLOG_SHORT", name(*master),
                     fmt::format("the backlog of {} ({}) holds {} s of the writes of this moment: a replica that was "
                                 "away for longer copies everything",
                                 name(*master), human_bytes(*size), *size / *rate),
                     out_.command("info replication"));
        const int64_t full = count(*master, "sync_full").value_or(0),
                      failed = count(*master, "sync_partial_err").value_or(0);
        if (failed > 0)
            out_.add(Severity::warning, "FULL_COPIES", name(*master),
                     fmt::format("since its start {} copied everything {} times, {} of them because the missing bytes "
                                 "were not in its backlog any more",
                                 name(*master), full, failed),
                     out_.command("info stats"));
    }

    // After a switch the new master behaves differently.
    void about_differences() {
        for (const char* key : {"maxmemory", "maxmemory-policy", "appendonly", "save", "maxclients", "databases"}) {
            std::map<std::string, std::vector<std::string>> values;
            for (size_t i = 0; i < facts_.nodes.size(); i++)
                if (facts_.nodes[i].view)
                    if (const std::string* value = setting(facts_.nodes[i], key)) values[*value].push_back(name(i));
            if (values.size() < 2) continue;
            std::vector<std::string> words;
            for (const auto& [value, nodes] : values)
                words.push_back(fmt::format("\"{}\" on {}", printable(value), topology::some_of(nodes)));
            out_.add(
                Severity::warning, "SETTINGS_DIFFER", "",
                fmt::format("{} is not the same everywhere, and a switch changes it: {}", key, fmt::join(words, ", ")),
                out_.command("failover --dry-run"));
        }
    }

    const Facts& facts_;
    const Surroundings& around_;
    topology::Findings out_;
};

}  // namespace

std::optional<bool> persists(const NodeFacts& node) {
    const std::string *aof = setting(node, "appendonly"), *save = setting(node, "save");
    if (aof == nullptr || save == nullptr) return std::nullopt;
    return *aof == "yes" || !save->empty();
}

std::vector<Finding> find_about_condition(const Facts& facts, const Surroundings& surroundings) {
    return Examination(facts, surroundings).run();
}

}  // namespace redisctl::failover
