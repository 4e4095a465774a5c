#include "failover/heal_loss.h"

#include "failover/unshared.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

namespace redisctl::failover {

namespace {

std::string counted(const std::map<std::string, int64_t>& counts) {
    constexpr size_t enough = 5;
    std::vector<std::pair<int64_t, std::string>> sorted;
    for (const auto& [name, count] : counts) sorted.emplace_back(-count, name);
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::string> parts;
    for (size_t i = 0; i < std::min(enough, sorted.size()); i++)
        parts.push_back(fmt::format("{} {}", -sorted[i].first, sorted[i].second));
    if (sorted.size() > enough) parts.push_back("…");
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string text_of(const Unshared& one) {
    if (!one.bytes) return fmt::format("what {} lacks of it is unknown: {}", one.versus, one.reason);
    if (*one.bytes == 0 || one.writes == 0) return fmt::format("{} lacks nothing of it", one.versus);
    if (!one.writes) return fmt::format("{} lacks {} bytes of it, unreadable: {}", one.versus, *one.bytes, one.reason);
    return fmt::format("{} lacks {} of it ({} bytes): {}; keys: {}", one.versus, amount_of(one), *one.bytes,
                       counted(one.commands), counted(one.prefixes));
}

}  // namespace

std::vector<Score> histories(const Facts& facts, const Diagnosis& diagnosis) {
    const std::vector<std::string> masters = masters_of(facts);
    std::vector<Score> scores;
    if (masters.size() < 2) return scores;
    for (const std::string& master : masters) {
        const redis::NodeView& view = *facts.view_of(master);
        Score score;
        score.node = master;
        score.eligible = true;
        score.reasons.push_back(
            fmt::format("history {}, offset {}", view.replid.substr(0, 8), view.master_offset.value_or(0)));
        std::vector<std::string> keys;
        for (const auto& [db, count] : redis::keys_by_database(facts.find(master)->info))
            keys.push_back(fmt::format("{} keys in {}", count, db));
        score.reasons.push_back(keys.empty() ? "no keys" : fmt::format("{}", fmt::join(keys, ", ")));
        score.reasons.push_back(fmt::format("{} replicas", view.connected_replicas.value_or(0)));
        for (const Unshared& one : diagnosis.compared)
            if (one.node == master) score.reasons.push_back(text_of(one));
        score.points = view.master_offset.value_or(0);
        score.why = fmt::format("{}", fmt::join(score.reasons, "; "));
        scores.push_back(std::move(score));
    }
    return scores;
}

void state_loss(Plan& plan) {
    plan.loss_bound = 0;
    std::vector<std::string> parts;
    for (const Unshared& one : plan.unshared) {
        if (one.writes == 0) continue;
        parts.push_back(
            one.writes ? fmt::format("{} has {} that {} lacks", one.node, amount_of(one), one.versus)
            : one.bytes
                ? fmt::format("{} has {} bytes that {} lacks ({})", one.node, *one.bytes, one.versus, one.reason)
                : fmt::format("what {} has and {} lacks is unknown ({})", one.node, one.versus, one.reason));
        if (!one.bytes)
            plan.loss_bound.reset();
        else if (plan.loss_bound)
            *plan.loss_bound += *one.bytes;
    }
    plan.loss_reason = fmt::format("{}", fmt::join(parts, "; "));
    if (!plan.loss_bound) plan.mode = Mode::emergency;
}

}  // namespace redisctl::failover
