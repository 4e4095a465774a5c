#include "failover/pre_checks_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::failover {

namespace {

using redis::count_of;
using redis::flag_of;
using redis::NodeView;
using redis::Role;
using redis::text_of;

constexpr Micros slowest_answer{50'000};

void check_roles(const Pair& pair, Checks& out) {
    Verdicts one(out, "one-master", {}, "exactly one", "redisctl heal");
    if (pair.facts.master.empty())
        one.block(pair.facts.why_no_master);
    else
        one.good_if(true, pair.facts.master);

    Verdicts role(out, "master-role", pair.master_name(), "master", "is it dead? redisctl failover says what it found");
    if (!pair.master.view) return role.unknown(pair.master.view.error());
    role.good_if(pair.master.view->role == Role::master, std::string(redis::role_name(pair.master.view->role)));

    if (pair.wish.from.empty()) return;
    Verdicts(out, "from", pair.master_name(), pair.wish.from,
             "the roles have changed: look with redisctl replication-info")
        .good_if(pair.wish.from == pair.master_name(), pair.master_name());
}

// A process that was restarted between the first look and now has lost its settings, and maybe its data.
void check_process(const std::string& name, const std::string& node, const Pair& pair, Checks& out) {
    Verdicts same(out, name, node, "the same process in both looks", "it was restarted just now: look again");
    const auto i = pair.facts.index_of(node);
    const NodeView* now = pair.facts.view_of(node);
    if (!i || now == nullptr) return same.unknown("it does not answer");
    const auto& before = pair.facts.picture.nodes[*i].view;
    if (!before || before->run_id.empty() || now->run_id.empty()) return same.unknown("the run id was not told");
    same.good_if(before->run_id == now->run_id, fmt::format("run id {}", now->run_id.substr(0, 8)));
}

void check_saving(const Pair& pair, Checks& out) {
    const redis::InfoFields& info = pair.master.info;
    Verdicts running(out, "background-save", pair.master_name(), "none under way",
                     "wait until it is done: redisctl info persistence");
    const auto rdb = flag_of(info, "rdb_bgsave_in_progress"), aof = flag_of(info, "aof_rewrite_in_progress");
    if (!rdb || !aof)
        running.unknown("INFO persistence does not tell");
    else
        running.good_if(!*rdb && !*aof, *rdb   ? "a snapshot is being saved"
                                        : *aof ? "the AOF is being rewritten"
                                               : "none");

    Verdicts last(out, "last-save", pair.master_name(), "ok", "look at its disk and log");
    const std::string snapshot = text_of(info, "rdb_last_bgsave_status"),
                      append = text_of(info, "aof_last_write_status");
    if (snapshot.empty() || append.empty())
        last.unknown("INFO persistence does not tell");
    else
        last.good_if(snapshot == "ok" && append == "ok", fmt::format("snapshot {}, AOF {}", snapshot, append));
}

void check_state(const Pair& pair, Checks& out) {
    const NodeView& view = *pair.master.view;
    Verdicts failover(out, "failover-state", pair.master_name(), "no-failover",
                      "a failover is under way there: wait, or redisctl resume");
    if (view.failover_state.empty() && at_least(view.version, "6.2") == false)
        failover.good_if(true, "none: FAILOVER came with 6.2");
    else if (view.failover_state.empty())
        failover.unknown("INFO replication does not tell");
    else
        failover.good_if(view.failover_state == "no-failover", view.failover_state);

    // Told only while SHUTDOWN waits for replicas (7.0 and later).
    const auto shutdown = count_of(pair.master.info, "shutdown_in_milliseconds");
    Verdicts(out, "shutdown", pair.master_name(), "none under way", "it ends by itself: wait until it is gone")
        .good_if(!shutdown, shutdown ? fmt::format("ends in {}ms", *shutdown) : "none");
}

// Demoted, a writable one would go on acknowledging what its clients write, and nobody would ever have it.
void check_read_only(const Pair& pair, Checks& out) {
    Verdicts read_only(out, "master-read-only", pair.master_name(), "read-only as soon as it is a replica",
                       "CONFIG SET replica-read-only yes on the master: demoted it would go on taking writes");
    const std::string* value = setting(pair.master, "replica-read-only");
    if (value == nullptr) return read_only.unknown(why_no_setting(pair.master, "replica-read-only"));
    read_only.good_if(*value == "yes", *value == "yes" ? "read-only" : "writable");
}

// The way there takes its time too, a port-forward for one. Nothing is faster than the way, so the fastest answer of
// any node stands for it.
void check_latency(const Pair& pair, Checks& out) {
    Verdicts latency(out, "latency", pair.master_name(),
                     fmt::format("at most {} more than the way there", millis(slowest_answer)),
                     "something blocks it: redisctl doctor, SLOWLOG GET");
    if (!pair.master.latency) return latency.unknown("no PING was answered");
    Micros way = pair.master.latency->fastest;
    for (const NodeFacts& node : pair.facts.nodes)
        if (node.latency) way = std::min(way, node.latency->fastest);
    const Micros more = pair.master.latency->p95 - way;
    latency.good_if(more <= slowest_answer, fmt::format("{} more than {}, p95 of {} PINGs", millis(more), millis(way),
                                                        pair.master.latency->count));
}

void check_engine(const Pair& pair, Checks& out) {
    const bool ahead = pair.wish.engine == "sentinel-ahead";
    const bool coordinated = pair.wish.engine == "sentinel-coordinated";
    const bool by_command = ahead || coordinated || pair.wish.engine == "failover-command";
    Verdicts modules(out, "modules", pair.master_name(), "none that may write by itself",
                     "the fenced engine does without a pause, which such a module can turn into a crash");
    if (!pair.master.modules)
        modules.unknown(pair.master.modules.error());
    else if (pair.master.modules->empty())
        modules.good_if(true, "none");
    else if (by_command || pair.wish.hold)
        modules.block(fmt::format("{}", fmt::join(*pair.master.modules, ", ")));
    else
        modules.warn(fmt::format("{}", fmt::join(*pair.master.modules, ", ")));

    Verdicts engine(out, "engine", {}, pair.wish.engine.empty() ? "any" : pair.wish.engine,
                    ahead || coordinated ? "leave --engine out: then a Sentinel makes the switch, behind a fence"
                                         : "leave --engine out: the fenced engine loses nothing either");
    const std::string why_not = coordinated ? why_no_coordination(pair.facts, pair.target_name, pair.wish)
                                            : why_no_failover_command(pair.facts, pair.target_name, pair.wish);
    if (coordinated && !why_not.empty()) {
        const auto& company = pair.master.company;
        if (const std::string rules = missing_sentinel_rights(pair.facts);
            company && !company->sentinel_users.empty() && !rules.empty())
            engine.hint(fmt::format("on every node, and in its ACL file: ACL SETUSER {} {}; or leave --engine out",
                                    company->sentinel_users.front(), rules));
        return engine.block(why_not);
    }
    const std::string found = why_not.empty() ? std::string("failover-command") : fmt::format("fenced: {}", why_not);
    const bool asked_for = pair.wish.engine == "fenced" || ((ahead || coordinated) && why_not.empty());
    engine.good_if(!by_command || why_not.empty(), asked_for ? pair.wish.engine : found);
}

}  // namespace

void check_loading(const std::string& check, const std::string& node, const NodeFacts& facts, Checks& out) {
    Verdicts loading(out, check, node, "not loading",
                     "wait until it has loaded its dataset: redisctl info persistence");
    if (!facts.view) return loading.unknown(facts.view.error());
    const auto is = facts.view->loading;
    loading.good_if(is ? std::optional(!*is) : std::nullopt, shown(is, "loading", "not loading"));
}

void check_master(const Pair& pair, Checks& out) {
    check_roles(pair, out);
    check_process("master-process", pair.master_name(), pair, out);
    check_process("target-process", pair.target_name, pair, out);
    check_loading("master-loading", pair.master_name(), pair.master, out);
    check_engine(pair, out);
    check_saving(pair, out);
    check_latency(pair, out);
    if (!pair.master.view) return;
    check_state(pair, out);
    check_read_only(pair, out);
}

}  // namespace redisctl::failover
