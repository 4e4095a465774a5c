#include "failover/election.h"
#include "failover/pre_checks_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::failover {

namespace {

// Each Sentinel's word about one replica; those that say the same are told together.
std::string words_about(const Outlook& outlook, const std::string& node) {
    std::vector<std::pair<std::string, std::vector<std::string>>> by_word;
    for (const Election& one : outlook.elections) {
        const auto passed = one.passed_over.find(node);
        const std::string word = !one.obstacle.empty()             ? one.obstacle
                                 : passed != one.passed_over.end() ? passed->second
                                 : one.choice == node              ? "its choice"
                                                                   : fmt::format("it prefers {}", one.choice);
        auto same = std::find_if(by_word.begin(), by_word.end(), [&](const auto& each) { return each.first == word; });
        if (same == by_word.end()) same = by_word.insert(by_word.end(), {word, {}});
        same->second.push_back(one.sentinel);
    }
    std::vector<std::string> parts;
    for (const auto& [word, sentinels] : by_word)
        parts.push_back(fmt::format("{}: {}", fmt::join(sentinels, ", "), word));
    return fmt::format("{}", fmt::join(parts, "; "));
}

void check_each_replica(const Facts& facts, const Outlook& outlook, Checks& out) {
    for (const fleet::Node& node : facts.instance.nodes) {
        if (node.name == facts.master) continue;
        const bool could = std::any_of(outlook.elections.begin(), outlook.elections.end(),
                                       [&](const Election& one) { return one.could_promote(node.name); });
        Verdicts(out, "sentinel-candidate", node.name, "a Sentinel could promote it")
            .warn_unless(could, words_about(outlook, node.name));
    }
}

// Two failovers beside each other make two masters.
void check_calm(const Outlook& outlook, const Wish& wish, Checks& out) {
    Verdicts calm(out, "sentinel-calm", {}, "no failover of theirs is under way",
                  "wait for its end: redisctl status; then run it again");
    // What has not begun while it was waited for is not waited for again.
    if (!outlook.awaited || (wish.waited && !outlook.awaited->begun)) return calm.good_if(true, outlook.idle);
    const std::string value =
        fmt::format("{}: up to {} s", outlook.awaited->what, outlook.awaited->at_most.count() / 1000);
    if (wish.only_shown)
        calm.hint("it is waited for first").warn(value);
    else
        calm.block(value);
}

}  // namespace

void check_sentinels_in_emergency(const Facts& facts, const Wish& wish, const std::string& target, Checks& out) {
    if (!watched_by_sentinels(facts)) {
        if (facts.sentinels.empty())
            return check_no_sentinels(facts, out, "name one that can be asked: --sentinel HOST:PORT");
        std::vector<std::string> silent;
        for (const SentinelFacts& sentinel : facts.sentinels)
            silent.push_back(fmt::format("{}: {}", sentinel.name, shown(sentinel.word.error())));
        return Verdicts(out, "sentinels-silent", {}, "one that watches it answers",
                        "start one of them; with --override sentinels-silent it is done by hand, and they decide once "
                        "more when they come back: run redisctl failover again then")
            .block(fmt::format("{}", fmt::join(silent, "; ")));
    }
    const Outlook seen = outlook(facts);
    check_calm(seen, wish, out);
    check_each_replica(facts, seen, out);
    const std::string promoter = promoter_of(seen, target);
    Verdicts sentinels(out, "sentinels", target, "one of them promotes it",
                       "redisctl promotes it, and names it to every Sentinel that answers");
    sentinels.warn_unless(!promoter.empty(), promoter.empty() ? "none of them can" : fmt::format("{} can", promoter));
}

}  // namespace redisctl::failover
