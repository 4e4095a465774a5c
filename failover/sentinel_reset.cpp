#include "failover/sentinel_reset.h"

#include "failover/pre_checks.h"
#include "failover/steps.h"
#include "redis/sentinel_view.h"
#include "topology/findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace redisctl::failover {

namespace {

using redis::has_flag;
using topology::CouncilMember;
using topology::NodePicture;
using topology::Recalled;
using topology::rough_time;
using topology::SentinelPicture;
using topology::some_of;
using topology::Standing;

constexpr int64_t hello_fresh_ms = 10'000;  // a Sentinel says hello every 2 s

bool is_gone(const Recalled& one) {
    return one.standing == Standing::ghost || one.standing == Standing::crossed;
}

std::vector<const Recalled*> gone_of(const CouncilMember& member) {
    std::vector<const Recalled*> gone;
    for (const auto* list : {&member.replicas, &member.sentinels})
        for (const Recalled& one : *list)
            if (is_gone(one)) gone.push_back(&one);
    return gone;
}

// RESET takes a pattern.
std::string escaped(const std::string& name) {
    std::string pattern;
    for (const char c : name) {
        if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern;
}

// Sentinel takes every replica that the master lists (redis src/sentinel.c sentinelRefreshInstanceInfo).
bool found_again(const Recalled& replica, const CouncilFacts& facts) {
    const NodePicture& master = *facts.master();
    for (const redis::AttachedReplica& line : master.view->replicas)
        if (line.host == replica.told.host && line.port == replica.told.port) return true;
    for (const NodePicture& node : facts.picture.nodes)
        if (node.name == replica.node && node.view && node.master_node == master.name &&
            node.view->link_up.value_or(false))
            return true;
    return false;
}

// What would be forgotten for good though it lives, or may come back.
std::vector<std::string> lost_by_reset(const CouncilFacts& facts, size_t i) {
    const CouncilMember& member = facts.council.members[i];
    std::vector<std::string> lost;
    if (!facts.master() || !facts.master()->view) return lost;
    for (const Recalled& one : member.replicas) {
        const std::string& name = one.node.empty() ? one.address : one.node;
        if (is_gone(one) || one.node == facts.council.master || found_again(one, facts)) continue;
        lost.push_back(one.standing == Standing::silent
                           ? name + " does not answer now, and when it comes back nobody would make it follow"
                           : fmt::format("{} lives, and {} does not list it", name, facts.council.master));
    }
    for (const Recalled& one : member.sentinels) {
        const std::string& name = one.node.empty() ? one.address : one.node;
        if (is_gone(one) || one.standing == Standing::silent) continue;
        const auto other = facts.index_of(one.node);
        const bool says_hello = other ? facts.council.members[*other].on_master
                                      : one.told.hello_ms.value_or(hello_fresh_ms + 1) <= hello_fresh_ms;
        if (!says_hello) lost.push_back(name + " says no hello on this master");
    }
    return lost;
}

int64_t highest_quorum(const CouncilFacts& facts) {
    int64_t quorum = 1;
    for (size_t i = 0; i < facts.picture.sentinels.size(); i++)
        if (facts.council.members[i].on_master)
            quorum = std::max(quorum, facts.picture.sentinels[i].master->quorum.value_or(1));
    return quorum;
}

std::vector<size_t> wished(const CouncilFacts& facts, const ResetWish& wish) {
    std::vector<size_t> sentinels;
    const auto& names = wish.sentinels;
    for (size_t i = 0; i < facts.picture.sentinels.size(); i++)
        if (names.empty() || std::find(names.begin(), names.end(), facts.picture.sentinels[i].name) != names.end())
            sentinels.push_back(i);
    return sentinels;
}

const std::vector<std::string_view>& overridable() {
    static const std::vector<std::string_view> names{"quorum-left"};
    return names;
}

}  // namespace

std::vector<size_t> to_reset(const CouncilFacts& facts, const ResetWish& wish) {
    std::vector<size_t> sentinels;
    for (const size_t i : wished(facts, wish))
        if (!gone_of(facts.council.members[i]).empty()) sentinels.push_back(i);
    return sentinels;
}

std::vector<size_t> unread(const CouncilFacts& facts, const ResetWish& wish) {
    std::vector<size_t> sentinels;
    for (const size_t i : wished(facts, wish))
        if (facts.picture.sentinels[i].master && facts.council.members[i].error) sentinels.push_back(i);
    return sentinels;
}

Result<std::vector<Check>> reset_checks(const CouncilFacts& facts, const ResetWish& wish) {
    std::vector<Check> checks;
    check_calm(facts, checks);
    const auto on_master = std::count_if(facts.council.members.begin(), facts.council.members.end(),
                                         [](const CouncilMember& member) { return member.on_master && !member.error; });
    const int64_t quorum = highest_quorum(facts);
    checks.push_back(sentinel_check("quorum-left", "", on_master - 1 >= quorum,
                                    fmt::format("{} while one is reset", on_master - 1),
                                    fmt::format("at least the quorum, {}", quorum), "start the missing Sentinels"));
    checks.back().overridable = true;
    for (const size_t i : unread(facts, wish)) {
        const Error& error = *facts.council.members[i].error;
        checks.push_back(sentinel_check("memory", facts.picture.sentinels[i].name, false,
                                        fmt::format("unknown: {}", error.message), "what it remembers is known",
                                        error.hint));
        checks.back().verdict = Verdict::unknown;
    }
    for (const size_t i : to_reset(facts, wish)) {
        const SentinelPicture& sentinel = facts.picture.sentinels[i];
        const CouncilMember& member = facts.council.members[i];
        const bool hears = member.on_master && !has_flag(sentinel.master->flags, "s_down") &&
                           !has_flag(sentinel.master->flags, "disconnected");
        checks.push_back(sentinel_check("watches-master", sentinel.name, hears,
                                        hears              ? "hears it"
                                        : member.on_master ? "does not hear it"
                                                           : "watches " + member.watches,
                                        "it hears the master, by which it finds everything again",
                                        "redisctl sentinel sync"));
        const std::vector<std::string> lost = lost_by_reset(facts, i);
        checks.push_back(sentinel_check("live-nodes", sentinel.name, lost.empty(),
                                        lost.empty() ? "none" : some_of(lost), "no live node is forgotten",
                                        "redisctl sentinel replicas"));
    }
    TRY(apply_overrides(checks, wish.overrides, overridable()));
    return checks;
}

Plan plan_reset(const CouncilFacts& facts, const ResetWish& wish) {
    Plan plan = begin_sentinel_plan(facts, "sentinel reset");
    std::vector<Condition> settled;  // those that were reset before
    bool first = true, gone_replica = false;
    std::set<std::string> silent;  // Sentinels whose pods are there
    for (const size_t i : to_reset(facts, wish)) {
        const SentinelPicture& sentinel = facts.picture.sentinels[i];
        if (!sentinel.master) continue;
        const std::string& name = sentinel.master->name;
        SentinelForgot forgot{sentinel.name, name, {}};
        std::vector<std::string> gone;
        for (const Recalled* one : gone_of(facts.council.members[i])) {
            forgot.addresses.push_back(one->address);
            gone.push_back(one->standing == Standing::crossed ? fmt::format("{} ({})", one->address, one->node)
                           : one->told.silent_ms
                               ? fmt::format("{}, silent for {}", one->address, rough_time(*one->told.silent_ms))
                               : one->address);
        }
        for (const Recalled& one : facts.council.members[i].sentinels)
            if (one.standing == Standing::silent) silent.insert(one.node);
        for (const Recalled& one : facts.council.members[i].replicas)
            gone_replica = gone_replica || one.standing == Standing::ghost;
        Step& reset =
            add_step(plan, "reset-" + sentinel.name, fmt::format("{} forgets {}.", sentinel.name, some_of(gone)),
                     sentinel.name, Send{{{sentinel.name, {{"SENTINEL", "RESET", escaped(name)}}}}});
        reset.before = all_calm(facts);
        reset.before.insert(reset.before.end(), settled.begin(), settled.end());
        reset.after = reset.already = {forgot};
        // What it forgot cannot be told to it again.
        reset.commits = first;
        reset.achieved = fmt::format("{} forgot {}", sentinel.name, some_of(gone));
        first = false;

        SentinelKnows knows = what_lives(facts, i, name);
        knows.quorum = std::find(wish.overrides.begin(), wish.overrides.end(), "quorum-left") == wish.overrides.end();
        Step& found = add_step(plan, "find-" + sentinel.name,
                               fmt::format("{} finds the {} replicas and {} other Sentinels that live.", sentinel.name,
                                           knows.replicas.size(), knows.sentinels.size()),
                               sentinel.name, Wait{wish.patience.count()});
        found.after = {knows, forgot};
        found.patience_ms = wish.patience.count();
        settled.push_back(knows);
    }
    for (const std::string& name : silent)
        plan.notes.push_back(
            fmt::format("{} does not answer now: it is forgotten too, until it comes back and says hello", name));
    if (gone_replica)
        plan.notes.emplace_back(
            "a replica that is forgotten and comes back all the same is not made to follow: should it call itself "
            "master, nobody corrects it");
    if (facts.picture.system == "spotahome")
        plan.notes.emplace_back(
            "the operator resets all Sentinels at once when their counts differ from the RedisFailover's");
    return plan;
}

}  // namespace redisctl::failover
