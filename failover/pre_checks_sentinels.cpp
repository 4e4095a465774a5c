#include "failover/pre_checks_parts.h"
#include "topology/addresses.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace redisctl::failover {

namespace {

constexpr std::string_view sentinel_systems[] = {"sentinel", "bitnami-sentinel", "bitnami-ismaster", "spotahome",
                                                 "spotahome-bootstrap"};
// A Sentinel promotes nobody whose INFO is older (redis src/sentinel.c sentinelSelectSlave: three periods, 30 s).
constexpr int64_t info_at_most_ms = 30'000;
// How much shorter a pause has to be than down-after-milliseconds; and shorter than this it is over before a Sentinel,
// whose clock ticks ten times a second, has promoted in half of it.
constexpr int64_t pause_margin_ms = 500, shortest_pause_ms = 1'000;

// Everybody of whom we know that he watches, by name or by what gives him away.
struct Watchers {
    std::set<std::string> found;
    std::string unread;  // which node does not tell who is connected to it
};

Watchers watchers_of(const Facts& facts) {
    Watchers watchers;
    for (const topology::SentinelPicture& sentinel : facts.picture.sentinels) watchers.found.insert(sentinel.name);
    for (size_t i = 0; i < facts.nodes.size(); i++) {
        const NodeFacts& node = facts.nodes[i];
        const std::string& name = facts.instance.nodes[i].name;
        if (!node.view) continue;
        if (!node.company) {
            watchers.unread = fmt::format("{}: {}", name, shown(node.company.error()));
            continue;
        }
        watchers.found.insert(node.company->sentinels.begin(), node.company->sentinels.end());
        if (node.company->listeners.value_or(0) > 0)
            watchers.found.insert(fmt::format("{} at {}", *node.company->listeners, name));
    }
    const auto systems_end = std::end(sentinel_systems);
    if (std::find(std::begin(sentinel_systems), systems_end, facts.picture.system) != systems_end)
        watchers.found.insert(facts.picture.system);
    return watchers;
}

std::string named(const SentinelWord& word) {
    return fmt::format("{}:{}", word.master.host, word.master.port.value_or(0));
}

// One of them is told to promote, and the others have to believe it.
void check_agreement(const Facts& facts, Checks& out) {
    Verdicts agreement(out, "sentinel-agreement", {}, "all answer, and name the master in one epoch",
                       "redisctl status shows what each says");
    std::set<std::string> names, words, epochs;
    std::vector<std::string> troubles;
    const topology::AddressBook book(facts.instance, answers_of(facts));
    const std::optional<size_t> master = facts.index_of(facts.master);
    for (size_t i = 0; i < facts.sentinels.size(); i++) {
        const SentinelFacts& sentinel = facts.sentinels[i];
        if (!sentinel.word) {
            troubles.push_back(fmt::format("{}: {}", sentinel.name, shown(sentinel.word.error())));
            continue;
        }
        const redis::SentinelMaster& said = sentinel.word->master;
        names.insert(said.name);
        words.insert(named(*sentinel.word));
        epochs.insert(shown(said.config_epoch));
        if (book.find(said.host, said.port.value_or(0), facts.instance.sentinels[i]) != master)
            troubles.push_back(fmt::format("{} names {}", sentinel.name, named(*sentinel.word)));
    }
    if (names.size() > 1) troubles.push_back(fmt::format("it is called {}", fmt::join(names, " and ")));
    if (epochs.size() > 1) troubles.push_back(fmt::format("their epochs are {}", fmt::join(epochs, ", ")));
    agreement.good_if(troubles.empty(), troubles.empty()
                                            ? fmt::format("{} name {}", facts.sentinels.size(), fmt::join(words, ", "))
                                            : fmt::format("{}", fmt::join(troubles, "; ")));
}

void check_quorum(const Facts& facts, Checks& out) {
    Verdicts quorum(out, "sentinel-quorum", {}, "SENTINEL CKQUORUM is OK on all",
                    "bring the missing Sentinels back first: without them nobody replaces a master that dies");
    std::vector<std::string> troubles;
    for (const SentinelFacts& sentinel : facts.sentinels)
        if (sentinel.word && !sentinel.word->quorum)
            troubles.push_back(fmt::format("{}: {}", sentinel.name, shown(sentinel.word->quorum.error())));
    quorum.good_if(troubles.empty(), troubles.empty() ? "OK" : fmt::format("{}", fmt::join(troubles, "; ")));
}

void check_calm(const Facts& facts, Checks& out) {
    Verdicts calm(out, "sentinel-calm", {}, "no failover, no doubt about the master, no tilt",
                  "wait until it is over: redisctl status");
    std::vector<std::string> troubles;
    for (const SentinelFacts& sentinel : facts.sentinels) {
        if (!sentinel.word) continue;
        for (const char* flag : {"s_down", "o_down", "failover_in_progress"})
            if (redis::has_flag(sentinel.word->master.flags, flag))
                troubles.push_back(fmt::format("{} says {}", sentinel.name, flag));
        if (sentinel.word->tilt == true) troubles.push_back(fmt::format("{} is in tilt", sentinel.name));
    }
    calm.good_if(troubles.empty(), troubles.empty() ? "calm" : fmt::format("{}", fmt::join(troubles, "; ")));
}

// Those that are known and do not answer us can hold another opinion for ever, and count against a majority.
void check_ghosts(const Facts& facts, Checks& out) {
    Verdicts ghosts(out, "sentinel-ghosts", {}, "as many are known as there are",
                    "those that are gone for good: SENTINEL RESET on one Sentinel after the other");
    int64_t most = 0, there = 0;
    for (const SentinelFacts& sentinel : facts.sentinels) {
        if (!sentinel.word) continue;
        there++;
        most = std::max(most, sentinel.word->master.known_sentinels.value_or(0) + 1);
    }
    ghosts.warn_unless(most <= there, fmt::format("{} known, {} answer", most, there));
}

// Only the word of one that it knows does a Sentinel believe, and one that hears nothing keeps to what it knew.
void check_reachable(const Facts& facts, Checks& out) {
    Verdicts reachable(out, "sentinel-peers", {}, "each knows all others, and they answer",
                       "leave --engine out: then a Sentinel makes the switch, and tells the others");
    std::map<std::string, std::string> names;  // by id
    std::vector<std::string> troubles;
    for (const SentinelFacts& sentinel : facts.sentinels) {
        if (!sentinel.word) continue;
        if (!sentinel.word->memory)
            troubles.push_back(fmt::format("{}: {}", sentinel.name, shown(sentinel.word->memory.error())));
        else if (sentinel.word->memory->my_id.empty())
            troubles.push_back(fmt::format("{} does not tell its id", sentinel.name));
        else
            names[sentinel.word->memory->my_id] = sentinel.name;
    }
    if (facts.sentinels.size() < 2) troubles.push_back("there is one alone: nobody can tell it");
    for (const SentinelFacts& sentinel : facts.sentinels) {
        if (!sentinel.word || !sentinel.word->memory) continue;
        std::set<std::string> known{sentinel.word->memory->my_id};
        for (const redis::Remembered& other : sentinel.word->memory->sentinels) {
            known.insert(other.id);
            if (!names.contains(other.id))
                troubles.push_back(fmt::format("{} knows {}:{}, which was not asked", sentinel.name, other.host,
                                               other.port.value_or(0)));
        }
        for (const auto& [id, name] : names)
            if (!known.contains(id)) troubles.push_back(fmt::format("{} does not know {}", sentinel.name, name));
    }
    reachable.good_if(troubles.empty(), troubles.empty() ? fmt::format("{}", names.size())
                                                         : fmt::format("{}", fmt::join(troubles, "; ")));
}

void check_promotable(const Pair& pair, Checks& out) {
    Verdicts promotable(out, "sentinel-candidate", pair.target_name, "the Sentinels can promote it",
                        "redisctl status; its priority is seen to by the switch");
    const Facts& facts = pair.facts;
    const std::optional<size_t> target = facts.index_of(pair.target_name);
    const topology::AddressBook book(facts.instance, answers_of(facts));
    std::vector<std::string> troubles;
    for (size_t i = 0; i < facts.sentinels.size(); i++) {
        const SentinelFacts& sentinel = facts.sentinels[i];
        if (!sentinel.word || sentinel.word->tilt == true) continue;
        const auto& replicas = sentinel.word->replicas;
        const auto known = std::find_if(replicas.begin(), replicas.end(), [&](const redis::Remembered& one) {
            return target && book.find(one.host, one.port.value_or(0), facts.instance.sentinels[i]) == target;
        });
        if (known == replicas.end()) {
            troubles.push_back(fmt::format("{} does not know it", sentinel.name));
            continue;
        }
        for (const char* flag : {"s_down", "o_down", "disconnected"})
            if (redis::has_flag(known->flags, flag))
                troubles.push_back(fmt::format("{} calls it {}", sentinel.name, flag));
        if (known->info_age_ms.value_or(0) > info_at_most_ms)
            troubles.push_back(
                fmt::format("{} has not heard of it for {} s", sentinel.name, *known->info_age_ms / 1000));
    }
    promotable.good_if(troubles.empty(), troubles.empty() ? "all" : fmt::format("{}", fmt::join(troubles, "; ")));
}

// A master that is paused does not take the Sentinels' PUBLISH, and behind it on the same connection their PING is not
// answered either: after down-after-milliseconds they hold it for dead.
void check_hold(const Pair& pair, bool watched, Checks& out) {
    std::optional<int64_t> down_after;
    for (const SentinelFacts& sentinel : pair.facts.sentinels)
        if (sentinel.word)
            if (const auto& one = sentinel.word->master.down_after_ms; one && *one < down_after.value_or(*one + 1))
                down_after = one;
    const int64_t pause = pair.wish.timeout.count();
    Verdicts hold(out, "hold", pair.master_name(), "a pause that the Sentinels do not take for its death",
                  "leave --hold out");
    const std::string& engine = pair.wish.engine;
    if (!watched)
        return hold.hint("leave --hold out: FAILOVER makes writers wait by itself, and a fence is over in milliseconds")
            .block("no Sentinel that can be asked watches it");
    if (!engine.empty() && engine != "sentinel")
        return hold
            .hint(engine == "fenced" ? "leave --engine and --hold out" : "leave --hold out: writers wait there anyway")
            .block(fmt::format("it is of engine sentinel, not {}", engine));
    if (!pair.master.view) return hold.unknown(pair.master.view.error());
    if (at_least(pair.master.view->version, "6.2") != true)
        return hold.block(fmt::format("{} has version {}, CLIENT PAUSE … WRITE needs 6.2", pair.master_name(),
                                      pair.master.view->version));
    if (!down_after) return hold.unknown("no Sentinel tells down-after-milliseconds");
    const bool shorter = pause + pause_margin_ms <= *down_after;
    if (!shorter && *down_after - pause_margin_ms >= shortest_pause_ms)
        hold.hint(fmt::format("--handover-timeout {}ms, or leave --hold out", *down_after - pause_margin_ms));
    hold.good_if(
        shorter && pause >= shortest_pause_ms,
        fmt::format("a pause of {} ms, and they hold it for dead after {} ms without an answer", pause, *down_after));
}

}  // namespace

bool watched_by_sentinels(const Facts& facts) {
    return std::any_of(facts.sentinels.begin(), facts.sentinels.end(),
                       [](const SentinelFacts& sentinel) { return sentinel.word.has_value(); });
}

// Whatever is changed behind a Sentinel's back it changes again: half a minute later it had made a third node the
// master (redis src/sentinel.c sentinelCheckSubjectivelyDown).
void check_no_sentinels(const Facts& facts, Checks& out, std::string hint) {
    Verdicts watching(out, "sentinels", {}, "none watch it", std::move(hint));
    const Watchers watchers = watchers_of(facts);
    const auto& found = watchers.found;
    if (found.empty() && !watchers.unread.empty()) return watching.unknown(watchers.unread);
    watching.good_if(found.empty(), found.empty() ? "none" : fmt::format("{}", fmt::join(found, ", ")));
}

void check_sentinels(const Pair& pair, Checks& out) {
    const bool watched = watched_by_sentinels(pair.facts);
    const std::string& engine = pair.wish.engine;
    if (pair.wish.hold) check_hold(pair, watched, out);
    if (!watched && engine.starts_with("sentinel"))
        return Verdicts(out, "sentinels", {}, "they make the switch",
                        "leave --engine out, or name one: --sentinel HOST:PORT")
            .block("none that can be asked watches it");
    if (!watched) return check_no_sentinels(pair.facts, out, "name a Sentinel that can be asked: --sentinel HOST:PORT");
    Verdicts(out, "sentinels", {}, "they make the switch",
             "leave --engine out: what is done behind their backs they undo, and promote whom they like")
        .good_if(engine.empty() || engine.starts_with("sentinel"), engine.empty() ? "sentinel" : engine);
    check_agreement(pair.facts, out);
    check_quorum(pair.facts, out);
    check_calm(pair.facts, out);
    check_ghosts(pair.facts, out);
    if (engine == "sentinel-ahead") check_reachable(pair.facts, out);
    check_promotable(pair, out);
}

}  // namespace redisctl::failover
