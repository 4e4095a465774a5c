#include "failover/proof.h"

#include "base/json_values.h"
#include "failover/conditions.h"
#include "redis/info_fields.h"
#include "redis/node_view.h"

#include <nlohmann/json.hpp>

namespace redisctl::failover {

namespace {

using redis::NodeView;

struct Counters {
    std::optional<int64_t> full, partial;
};

Counters counters_of(World& world, const std::string& node) {
    const Ask ask{node, {{"INFO", "stats"}}};
    const std::vector<Answer> answers = world.ask(std::span(&ask, 1), Deadline::after(Millis(3'000)));
    if (!answers[0]) return {};
    const Result<redis::InfoFields> info = redis::read_info(answers[0]->front(), "stats");
    if (!info) return {};
    return {redis::count_of(*info, "sync_full"), redis::count_of(*info, "sync_partial_ok")};
}

std::optional<bool> has_probe(World& world, const Plan& plan) {
    if (plan.probe_key.empty()) return std::nullopt;
    const Ask ask{plan.to, {{"EXISTS", plan.probe_key}}};
    const std::vector<Answer> answers = world.ask(std::span(&ask, 1), Deadline::after(Millis(3'000)));
    if (!answers[0] || answers[0]->front().is_error()) return std::nullopt;
    return answers[0]->front().integer == 1;
}

}  // namespace

std::optional<bool> Proof::nothing_lost() const {
    bool unknown = false;
    for (const std::optional<bool>& part :
         {same_history, fenced_at_reading, final_offset_frozen, applied_all, history_continues}) {
        if (!part)
            unknown = true;
        else if (!*part)
            return false;
    }
    return unknown ? std::nullopt : std::optional(true);
}

std::optional<int64_t> Proof::lost_bytes() const {
    if (nothing_lost() == true) return 0;
    if (same_history != true || history_continues != true || !final_offset || !applied_offset) return std::nullopt;
    return std::max<int64_t>(0, *final_offset - *applied_offset);
}

Proof prove(World& world, const Plan& plan, const Readings& readings) {
    Proof proof;
    std::vector<std::string> nodes = plan.others;
    nodes.insert(nodes.end(), {plan.to, plan.from});
    const auto views = look_at(world, nodes, Deadline::after(Millis(5'000)));
    const Result<NodeView>& target = views.at(plan.to);
    const Result<NodeView>& old = views.at(plan.from);
    if (target && target->role == redis::Role::master) {
        proof.history_continues = target->replid2 == plan.baseline.replid;
        proof.same_history = proof.history_continues;
        if (target->second_offset) proof.applied_offset = *target->second_offset - 1;
    }
    if (target && old && old->role == redis::Role::replica && old->replid == target->replid) {
        proof.old_rejoined = old->link_up;
        // A full resync wipes what it remembers of R; a partial one leaves the offset at which it stopped being master.
        // In an emergency it may have been restarted meanwhile, and only remembers where its file ends.
        const bool witness = plan.mode == Mode::planned;
        if (witness && old->replid2 == plan.baseline.replid && old->second_offset)
            proof.final_offset = *old->second_offset - 1;
        // It takes no writes from the fence on, and it is a replica now.
        if (witness) proof.fenced_at_reading = true;
    }
    // Its own word for where it stopped being master counts more than what was read of it behind the fence: Sentinels
    // publish there until the end, and that counts as bytes.
    if (!proof.final_offset && readings.final_offset) {
        proof.final_offset = readings.final_offset;
        proof.fenced_at_reading = readings.fenced_at_reading;
    }
    if (proof.final_offset) proof.final_offset_frozen = true;
    if (proof.final_offset && proof.applied_offset) proof.applied_all = *proof.applied_offset >= *proof.final_offset;
    proof.probe_kept = has_probe(world, plan);

    const Counters counters = counters_of(world, plan.to);
    for (const std::string& node : nodes) {
        if (node == plan.to) continue;
        Resync resync = Resync::none;
        const Result<NodeView>& view = views.at(node);
        if (view && target && view->role == redis::Role::replica && view->replid == target->replid &&
            view->link_up.value_or(false))
            resync = view->replid2 == plan.baseline.replid                       ? Resync::partial
                     : counters.full && *counters.full > plan.baseline.sync_full ? Resync::full
                                                                                 : Resync::unknown;
        proof.resyncs[node] = resync;
    }
    return proof;
}

std::map<std::string, Resync> resyncs_since(World& world, const Plan& plan) {
    std::vector<Condition> awaited;
    for (const Step& step : plan.steps)
        for (const Condition& condition : step.after)
            if (const auto* follows = std::get_if<Follows>(&condition);
                follows != nullptr && follows->linked && follows->master == plan.to)
                awaited.push_back(condition);
    std::map<std::string, Resync> resyncs;
    if (awaited.empty()) return resyncs;
    const std::vector<Holds> holds = examine(world, plan, awaited, Deadline::after(Millis(3'000)));
    const Counters now = counters_of(world, plan.to);
    // The counter is of all replicas together, so it says something of one only where all came the same way. That of
    // the partial ones counts also our own reading of histories.
    Resync all = Resync::unknown;
    if (now.full && *now.full == plan.baseline.sync_full) all = Resync::partial;
    if (now.full && *now.full - plan.baseline.sync_full == static_cast<int64_t>(awaited.size())) all = Resync::full;
    for (size_t i = 0; i < awaited.size(); i++)
        resyncs[std::get<Follows>(awaited[i]).node] = holds[i].truth == Truth::yes ? all : Resync::none;
    return resyncs;
}

std::string_view resync_name(Resync resync) {
    switch (resync) {
        case Resync::none:
            return "none";
        case Resync::partial:
            return "partial";
        case Resync::full:
            return "full";
        case Resync::unknown:
            return "unknown";
    }
    return "unknown";
}

nlohmann::ordered_json to_json(const Proof& proof) {
    nlohmann::ordered_json json;
    json["sameHistory"] = value_or_null(proof.same_history);
    json["fencedAtReading"] = value_or_null(proof.fenced_at_reading);
    json["finalOffsetFrozen"] = value_or_null(proof.final_offset_frozen);
    json["finalOffset"] = value_or_null(proof.final_offset);
    json["appliedOffset"] = value_or_null(proof.applied_offset);
    json["appliedAll"] = value_or_null(proof.applied_all);
    json["historyContinues"] = value_or_null(proof.history_continues);
    json["oldMasterRejoined"] = value_or_null(proof.old_rejoined);
    json["probeKept"] = value_or_null(proof.probe_kept);
    json["nothingLost"] = value_or_null(proof.nothing_lost());
    json["resyncs"] = nlohmann::ordered_json::object();
    for (const auto& [node, resync] : proof.resyncs) json["resyncs"][node] = resync_name(resync);
    return json;
}

}  // namespace redisctl::failover
