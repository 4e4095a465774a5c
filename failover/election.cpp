#include "failover/election.h"

#include "topology/addresses.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::failover {

namespace {

using redis::has_flag;
using redis::Remembered;
using redis::SentinelMaster;

// redis src/sentinel.c: the periods of PING and INFO, and how long an election is tried.
constexpr int64_t ping_period_ms = 1'000, info_period_ms = 10'000, election_ms = 10'000;
// What they do within so many milliseconds is waited for; to begin another failover beside theirs would make two
// masters.
constexpr int64_t imminent_ms = 3'000;
// Behind the moment at which enough have noticed: an election, and the ticks around it.
constexpr int64_t act_within_ms = election_ms + 2'000;
constexpr int64_t grace_ms = 5'000;
constexpr int64_t default_failover_timeout_ms = 180'000, default_down_after_ms = 30'000;

std::string seconds(int64_t ms) {
    return fmt::format("{} s", (ms + 999) / 1000);
}

class Sentinels {
  public:
    explicit Sentinels(const Facts& facts) : facts_(facts), book_(facts.instance, answers_of(facts)) {}

    Election election(size_t i) const {
        const SentinelFacts& sentinel = facts_.sentinels[i];
        Election result;
        result.sentinel = sentinel.name;
        if (!sentinel.word) {
            result.obstacle = sentinel.word.error().message;
            return result;
        }
        const SentinelMaster& master = sentinel.word->master;
        if (!names_the_dead(i)) {
            result.obstacle = fmt::format("it names {}:{}", master.host, master.port.value_or(0));
            return result;
        }
        if (sentinel.word->tilt == true) result.obstacle = "it is in tilt: it does nothing for half a minute";
        const Remembered* best = nullptr;
        std::optional<Remembered> fresh_best;
        for (size_t n = 0; n < facts_.nodes.size(); n++) {
            const std::string& node = facts_.instance.nodes[n].name;
            if (node == facts_.master || book_.first_of(n) != n) continue;
            const Remembered* known = line_of(i, n);
            std::string why = known == nullptr ? "it does not know it" : why_not(master, *known);
            if (!why.empty()) {
                result.passed_over.emplace(node, std::move(why));
                continue;
            }
            if (best == nullptr || before(*known, *best)) {
                best = known;
                result.choice = node;
            }
            if (Remembered fresh = asked_anew(*known, n); !fresh_best || before(fresh, *fresh_best)) {
                fresh_best = std::move(fresh);
                result.fresh_choice = node;
            }
        }
        if (!result.obstacle.empty()) {
            result.choice.clear();
            result.fresh_choice.clear();
        }
        return result;
    }

    // How long until it holds the master for down; negative: for so long it has. A process that answers and is no
    // master any more is held for down by its role. nullopt: nothing points to it.
    std::optional<int64_t> notices_in(size_t i) const {
        const SentinelMaster& master = facts_.sentinels[i].word->master;
        if (has_flag(master.flags, "s_down")) return -master.s_down_ms.value_or(0);
        const int64_t down_after = master.down_after_ms.value_or(default_down_after_ms);
        if (master.reported_role == "slave")
            return std::max<int64_t>(0, down_after + 2 * info_period_ms - master.reported_role_ms.value_or(0));
        if (facts_.view_of(facts_.master) != nullptr) return std::nullopt;  // it still takes it for the master
        return std::max<int64_t>(0, down_after - master.ping_age_ms.value_or(0));
    }

    bool names_the_dead(size_t i) const {
        const SentinelMaster& master = facts_.sentinels[i].word->master;
        const auto named = book_.find(master.host, master.port.value_or(0), facts_.instance.sentinels[i]);
        if (named) return facts_.instance.nodes[*named].name == facts_.master;
        return fmt::format("{}:{}", master.host, master.port.value_or(0)) == facts_.master;
    }

    bool names(size_t i, const std::string& node) const {
        const SentinelMaster& master = facts_.sentinels[i].word->master;
        const auto named = book_.find(master.host, master.port.value_or(0), facts_.instance.sentinels[i]);
        return named && facts_.instance.nodes[*named].name == node;
    }

  private:
    const Remembered* line_of(size_t sentinel, size_t node) const {
        for (const Remembered& one : facts_.sentinels[sentinel].word->replicas)
            if (book_.find(one.host, one.port.value_or(0), facts_.instance.sentinels[sentinel]) == node) return &one;
        return nullptr;
    }

    // What it will remember when the node tells it what it told us.
    Remembered asked_anew(Remembered known, size_t node) const {
        if (const Result<redis::NodeView>& view = facts_.nodes[node].view) {
            known.id = view->run_id;
            known.offset = view->applied_offset;
            known.priority = view->priority;
        }
        return known;
    }

    static std::string why_not(const SentinelMaster& master, const Remembered& replica) {
        for (const char* flag : {"s_down", "o_down"})
            if (has_flag(replica.flags, flag)) return fmt::format("it holds it for down ({})", flag);
        if (has_flag(replica.flags, "disconnected")) return "it has no connection to it";
        if (const int64_t age = replica.silent_ms.value_or(0); age > 5 * ping_period_ms)
            return fmt::format("it has not answered its PING for {}", seconds(age));
        if (replica.priority == 0) return "its replica-priority is 0";
        const bool down = has_flag(master.flags, "s_down");
        const int64_t info_at_most = down ? 5 * ping_period_ms : 3 * info_period_ms;
        if (replica.id.empty() && !replica.offset) return "it never answered its INFO";
        if (const int64_t age = replica.info_age_ms.value_or(0); age > info_at_most)
            return fmt::format("its last INFO is {} old, and at most {} counts", seconds(age), seconds(info_at_most));
        const int64_t link_at_most =
            (down ? master.s_down_ms.value_or(0) : 0) + 10 * master.down_after_ms.value_or(default_down_after_ms);
        if (const int64_t broken = replica.link_down_ms.value_or(0); broken > link_at_most)
            return fmt::format("its link to the master is down for {}, and at most {} counts", seconds(broken),
                               seconds(link_at_most));
        return {};
    }

    static bool before(const Remembered& a, const Remembered& b) {
        if (a.priority.value_or(100) != b.priority.value_or(100))
            return a.priority.value_or(100) < b.priority.value_or(100);
        if (a.offset.value_or(0) != b.offset.value_or(0)) return a.offset.value_or(0) > b.offset.value_or(0);
        if (a.id.empty() != b.id.empty()) return b.id.empty();
        return a.id < b.id;
    }

    const Facts& facts_;
    topology::AddressBook book_;
};

// When enough of them have noticed to agree on it; nullopt: not by anything that can be seen.
std::optional<int64_t> agree_in(const Facts& facts, const Sentinels& sentinels) {
    std::vector<int64_t> times;
    int64_t needed = 1;
    for (size_t i = 0; i < facts.sentinels.size(); i++) {
        if (!facts.sentinels[i].word || !sentinels.names_the_dead(i)) continue;
        const SentinelMaster& master = facts.sentinels[i].word->master;
        needed = std::max({needed, master.quorum.value_or(1), (master.known_sentinels.value_or(0) + 1) / 2 + 1});
        if (facts.sentinels[i].word->tilt == true) continue;
        if (const auto time = sentinels.notices_in(i)) times.push_back(*time);
    }
    if (static_cast<int64_t>(times.size()) < needed) return std::nullopt;
    std::sort(times.begin(), times.end());
    return times[static_cast<size_t>(needed - 1)];
}

std::string why_no_quorum(const Facts& facts) {
    for (const SentinelFacts& sentinel : facts.sentinels)
        if (sentinel.word && !sentinel.word->quorum) return sentinel.word->quorum.error().message;
    return "none of them answers";
}

}  // namespace

std::vector<Election> elections(const Facts& facts) {
    const Sentinels sentinels(facts);
    std::vector<Election> all;
    for (size_t i = 0; i < facts.sentinels.size(); i++) all.push_back(sentinels.election(i));
    return all;
}

Outlook outlook(const Facts& facts) {
    const Sentinels sentinels(facts);
    Outlook result;
    result.elections = elections(facts);
    bool somebody = false;
    for (size_t i = 0; i < facts.sentinels.size(); i++) {
        const SentinelFacts& sentinel = facts.sentinels[i];
        if (!sentinel.word) continue;
        const SentinelMaster& master = sentinel.word->master;
        result.quorum = result.quorum || sentinel.word->quorum.has_value();
        result.restless = result.restless || has_flag(master.flags, "s_down");
        somebody = somebody || !result.elections[i].choice.empty();
        if (!has_flag(master.flags, "failover_in_progress") || sentinel.word->tilt == true) continue;
        result.awaited = Awaited{Millis(master.failover_timeout_ms.value_or(default_failover_timeout_ms) + grace_ms),
                                 fmt::format("{} is at its failover of {}", sentinel.name, master.name), true};
    }
    if (result.awaited) return result;
    if (!result.quorum) {
        result.idle = fmt::format("they cannot agree on a failover: {}", why_no_quorum(facts));
        return result;
    }
    if (!somebody) {
        result.idle = "none of them finds a replica that it would promote";
        return result;
    }
    const std::optional<int64_t> time = agree_in(facts, sentinels);
    if (!time) {
        result.idle = "too few of them hold the master for down";
    } else if (*time > imminent_ms) {
        result.idle = fmt::format("they notice it in {} only", seconds(*time));
    } else {
        result.idle = fmt::format(
            "they hold it for down since {}, and none has begun: one that was tried just now is tried again after "
            "twice its failover-timeout",
            seconds(std::max<int64_t>(0, -*time)));
        if (-*time < act_within_ms)
            result.awaited =
                Awaited{Millis(*time + act_within_ms), "enough of them hold the master for down, or will soon"};
    }
    return result;
}

std::string promoter_of(const Outlook& outlook, const std::string& node) {
    const auto& all = outlook.elections;
    auto found = std::find_if(all.begin(), all.end(), [&](const Election& one) { return one.choice == node; });
    if (found == all.end())
        found = std::find_if(all.begin(), all.end(), [&](const Election& one) { return one.could_promote(node); });
    return found == all.end() ? std::string() : found->sentinel;
}

bool settled_on(const Facts& facts, const std::string& node) {
    const Sentinels sentinels(facts);
    size_t answer = 0, name = 0;
    for (size_t i = 0; i < facts.sentinels.size(); i++) {
        if (!facts.sentinels[i].word) continue;
        answer++;
        name += sentinels.names(i, node) && !has_flag(facts.sentinels[i].word->master.flags, "failover_in_progress");
    }
    return name * 2 > answer;
}

}  // namespace redisctl::failover
