#include "failover/sentinel_sync.h"

#include "failover/pre_checks.h"
#include "failover/sentinel_conditions.h"
#include "failover/steps.h"
#include "topology/addresses.h"
#include "topology/findings.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace redisctl::failover {

namespace {

using redis::SentinelMaster;
using topology::SentinelPicture;
using topology::some_of;

using Values = std::map<std::string, std::string>;

// The word that more than half of them say; empty: there is none.
std::string majority(const std::map<std::string, size_t>& words, size_t of) {
    for (const auto& [word, count] : words)
        if (2 * count > of) return word;
    return {};
}

// What one has to do to agree.
struct Odd {
    size_t sentinel = 0;
    Values set, before;               // it watches the master, with other settings
    bool anew = false;                // it has to watch the master anew
    std::vector<SentinelMaster> old;  // what it watches now and is not to watch any more
};

Values different(const SentinelMaster& master, const Values& wanted, Values& before) {
    Values set;
    const Values has = settings_of(master);
    for (const auto& [name, value] : wanted) {
        const auto found = has.find(name);
        if (found != has.end() && found->second == value) continue;
        set[name] = value;
        if (found != has.end()) before[name] = found->second;
    }
    return set;
}

std::vector<Odd> odd_ones(const CouncilFacts& facts, const Agreement& agreement) {
    std::vector<Odd> odd;
    for (size_t i = 0; i < facts.picture.sentinels.size(); i++) {
        const SentinelPicture& sentinel = facts.picture.sentinels[i];
        if (!sentinel.view) continue;
        Odd one;
        one.sentinel = i;
        if (facts.council.members[i].on_master && sentinel.master->name == agreement.name) {
            one.set = different(*sentinel.master, agreement.settings, one.before);
            if (!one.set.empty()) odd.push_back(std::move(one));
            continue;
        }
        one.anew = true;
        // What it watches besides under names of their own is somebody's, and left to it.
        for (const SentinelMaster& master : sentinel.view->masters)
            if (master.name == agreement.name ||
                (facts.council.members[i].on_master && master.name == sentinel.master->name))
                one.old.push_back(master);
        odd.push_back(std::move(one));
    }
    return odd;
}

const std::vector<std::string_view>& overridable() {
    static const std::vector<std::string_view> names{"majority", "scripts-elsewhere", "renamed-commands"};
    return names;
}

void check_one(const CouncilFacts& facts, const Agreement& agreement, const Odd& odd, std::vector<Check>& out) {
    const SentinelPicture& sentinel = facts.picture.sentinels[odd.sentinel];
    std::set<std::string> scripts;
    for (const SentinelMaster& master : odd.old) scripts.insert(master.scripts.begin(), master.scripts.end());
    out.push_back(sentinel_check("scripts", sentinel.name, scripts.empty(),
                                 scripts.empty() ? "none" : fmt::format("it has a {}", fmt::join(scripts, " and a ")),
                                 "none that SENTINEL REMOVE would take away: SENTINEL SET may not set it again",
                                 "restart this Sentinel with its own configuration"));
    std::vector<std::string> lacks;
    for (const std::string& script : agreement.scripts)
        if (!scripts.contains(script)) lacks.push_back(script);
    out.push_back(sentinel_check(
        "scripts-elsewhere", sentinel.name, lacks.empty(),
        lacks.empty() ? "none" : fmt::format("the others have a {}", fmt::join(lacks, " and a ")),
        "no script that the others have and this one would not", "restart this Sentinel with its own configuration"));
    out.back().overridable = true;
    const bool elsewhere = topology::is_loopback(agreement.host) && !sentinel.pod.empty();
    out.push_back(sentinel_check("address", sentinel.name, !elsewhere,
                                 fmt::format("{}:{}", agreement.host, agreement.port),
                                 "an address that means the same to every Sentinel", "redisctl sentinel"));
}

}  // namespace

const std::vector<std::string>& commands_of_sentinel() {
    static const std::vector<std::string> names{"PING",   "INFO",   "PUBLISH", "SUBSCRIBE", "SLAVEOF",
                                                "CONFIG", "CLIENT", "SCRIPT",  "MULTI",     "EXEC"};
    return names;
}

Agreement agreement_of(const CouncilFacts& facts) {
    Agreement agreement;
    const auto& members = facts.council.members;
    const bool astray =
        std::none_of(members.begin(), members.end(), [](const auto& member) { return member.on_master; });
    size_t asked = 0;
    std::map<std::string, size_t> names, addresses, scripts;
    std::map<std::string, std::map<std::string, size_t>> values;
    for (size_t i = 0; i < facts.picture.sentinels.size(); i++) {
        const SentinelPicture& sentinel = facts.picture.sentinels[i];
        const bool of_ours = sentinel.view && sentinel.master && !sentinel.master_node.empty();
        if (!members[i].on_master && !(astray && of_ours)) continue;
        const SentinelMaster& master = *sentinel.master;
        asked++;
        if (members[i].on_master) agreement.agreeing++;
        names[master.name]++;
        if (members[i].on_master) addresses[fmt::format("{} {}", master.host, master.port.value_or(0))]++;
        for (const auto& [name, value] : settings_of(master)) values[name][value]++;
        for (const std::string& script : master.scripts) scripts[script]++;
    }
    agreement.name = majority(names, asked);
    if (agreement.name.empty()) agreement.undecided.emplace_back("the master's name");
    // The same node may have two addresses; the one that most say is good for all.
    const auto most = std::max_element(addresses.begin(), addresses.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most != addresses.end()) {
        agreement.host = most->first.substr(0, most->first.find(' '));
        agreement.port = std::atoll(most->first.c_str() + most->first.find(' ') + 1);
    } else if (const topology::NodePicture* master = facts.master(); master && asked > 0) {
        const size_t colon = master->address.rfind(':');
        agreement.host = master->address.substr(0, colon);
        agreement.port = std::atoll(master->address.c_str() + colon + 1);
    }
    for (const auto& [name, said] : values) {
        const std::string value = majority(said, asked);
        if (value.empty())
            agreement.undecided.push_back(name);
        else
            agreement.settings[name] = value;
    }
    for (const auto& [script, count] : scripts)
        if (2 * count > asked) agreement.scripts.push_back(script);
    return agreement;
}

bool in_step(const CouncilFacts& facts, const Agreement& agreement) {
    return agreement.undecided.empty() && odd_ones(facts, agreement).empty();
}

Result<std::vector<Check>> sync_checks(const CouncilFacts& facts, const Agreement& agreement, const SyncWish& wish) {
    std::vector<Check> checks;
    check_calm(facts, checks);
    const auto answering =
        static_cast<size_t>(std::count_if(facts.picture.sentinels.begin(), facts.picture.sentinels.end(),
                                          [](const SentinelPicture& sentinel) { return sentinel.view.has_value(); }));
    checks.push_back(sentinel_check("majority", "", 2 * agreement.agreeing > answering,
                                    fmt::format("{} of {} that answer watch {}", agreement.agreeing, answering,
                                                facts.council.master.empty() ? "the master" : facts.council.master),
                                    "more than half of them", "redisctl sentinel"));
    checks.back().overridable = !agreement.name.empty();
    checks.push_back(sentinel_check(
        "settings", "", agreement.undecided.empty(),
        agreement.undecided.empty() ? "agreed on by most" : "no majority for " + some_of(agreement.undecided),
        "each is the same on more than half of those that watch the master",
        "SENTINEL SET on one of them what is right, then again"));
    const std::vector<Odd> odd = odd_ones(facts, agreement);
    for (const Odd& one : odd)
        if (one.anew) check_one(facts, agreement, one, checks);
    if (std::any_of(odd.begin(), odd.end(), [](const Odd& one) { return one.anew; })) {
        const bool known = wish.renamed.has_value();
        checks.push_back(sentinel_check("renamed-commands", facts.council.master, known && wish.renamed->empty(),
                                        !known                  ? "unknown: the master does not say"
                                        : wish.renamed->empty() ? "none"
                                                                : "not known there: " + some_of(*wish.renamed),
                                        "none: rename-command cannot be read back",
                                        "restart this Sentinel with its own configuration"));
        if (!known) checks.back().verdict = Verdict::unknown;
        checks.back().overridable = true;
    }
    TRY(apply_overrides(checks, wish.overrides, overridable()));
    return checks;
}

Plan plan_sync(const CouncilFacts& facts, const Agreement& agreement, const SyncWish& wish) {
    Plan plan = begin_sentinel_plan(facts, "sentinel sync");
    const auto words_of = [&](const Values& settings) {
        Words words{"SENTINEL", "SET", agreement.name};
        for (const auto& [name, value] : settings) words.insert(words.end(), {name, value});
        return words;
    };
    const auto text_of = [](const Values& settings) {
        std::vector<std::string> list;
        for (const auto& [name, value] : settings) list.push_back(name + " " + value);
        return fmt::format("{}", fmt::join(list, ", "));
    };
    for (const Odd& odd : odd_ones(facts, agreement)) {
        const std::string& name = facts.picture.sentinels[odd.sentinel].name;
        const SentinelWatches watches{name, agreement.name, agreement.host, agreement.port};
        if (!odd.anew) {
            const auto& master = *facts.picture.sentinels[odd.sentinel].master;
            Step& set =
                add_step(plan, "set-" + name, fmt::format("{} takes {}, as most have it.", name, text_of(odd.set)),
                         name, Send{{{name, {words_of(odd.set)}}}});
            set.before = {SentinelCalm{name, agreement.name},
                          SentinelWatches{name, agreement.name, master.host, master.port.value_or(0)}};
            set.after = set.already = {SentinelSettings{name, agreement.name, odd.set}};
            if (!odd.before.empty()) {
                set.undo = {Send{{{name, {words_of(odd.before)}}}}};
                set.undone = {SentinelSettings{name, agreement.name, odd.before}};
            }
            set.achieved = fmt::format("{} has {}, before it had {}", name, text_of(odd.set), text_of(odd.before));
            continue;
        }
        Monitor monitor{
            name, {}, agreement.name, agreement.host, agreement.port, agreement.settings, facts.council.master};
        std::string before = "nothing of it";
        const SentinelMaster* same_name = nullptr;
        for (const SentinelMaster& old : odd.old) {
            monitor.forget.push_back(old.name);
            before = fmt::format("{} at {}:{}", old.name, old.host, old.port.value_or(0));
            if (old.name == agreement.name) same_name = &old;
        }
        Step& watch = add_step(plan, "monitor-" + name,
                               fmt::format("{} watches {} at {}:{}; now it watches {}.", name, agreement.name,
                                           agreement.host, agreement.port, before),
                               name, monitor);
        watch.before = {same_name ? SentinelWatches{name, agreement.name, same_name->host, same_name->port.value_or(0)}
                                  : SentinelWatches{name, agreement.name, "", 0}};
        watch.after = watch.already = {watches, SentinelSettings{name, agreement.name, agreement.settings}};
        watch.undone = watch.before;
        if (odd.old.empty()) watch.undo = {Send{{{name, {{"SENTINEL", "REMOVE", agreement.name}}}}}};
        for (const SentinelMaster& old : odd.old)
            watch.undo.push_back(Monitor{name,
                                         {agreement.name},
                                         old.name,
                                         old.host,
                                         old.port.value_or(0),
                                         settings_of(old),
                                         facts.council.master});
        watch.achieved = fmt::format("{} watches {} at {}:{}, before it watched {}", name, agreement.name,
                                     agreement.host, agreement.port, before);

        const SentinelKnows knows = what_lives(facts, odd.sentinel, agreement.name);
        Step& found = add_step(plan, "find-" + name,
                               fmt::format("{} finds the {} replicas and {} other Sentinels that live.", name,
                                           knows.replicas.size(), knows.sentinels.size()),
                               name, Wait{wish.patience.count()});
        found.after = {knows};
        found.patience_ms = wish.patience.count();
        // It watches the right master; the wrong one would be no better.
        found.essential = false;
        // One of ours that is a replica by now, as after all Sentinels were restarted, has no other side that greets.
        const auto& nodes = facts.picture.nodes;
        const auto watched =
            std::ranges::find(nodes, facts.picture.sentinels[odd.sentinel].master_node, &topology::NodePicture::name);
        const bool of_another = watched == nodes.end() || !watched->view || watched->view->role == redis::Role::master;
        if (same_name && of_another && !redis::has_flag(same_name->flags, "s_down"))
            plan.notes.push_back(
                fmt::format("the Sentinels of {}:{} may remember {} and greet it on; as long as both masters are "
                            "called {} it learns "
                            "them again, until both sides are reset at once, or one master is renamed",
                            same_name->host, same_name->port.value_or(0), name, agreement.name));
        plan.notes.push_back(fmt::format(
            "{} logs in to Redis as redisctl does here; auth-user and auth-pass of another user cannot be read back",
            name));
    }
    if (facts.picture.system == "spotahome")
        plan.notes.emplace_back("the operator sets what the RedisFailover says again, within 30 s: change it there");
    return plan;
}

}  // namespace redisctl::failover
