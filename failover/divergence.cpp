#include "failover/divergence.h"

#include <algorithm>

namespace redisctl::failover {

namespace {

using redis::NodeView;
using redis::Role;

// A master that never had a replica counts nothing, whatever it writes.
bool counts_its_writes(const NodeView& view) {
    return view.role != Role::master || view.backlog_active == true;
}

}  // namespace

std::optional<int64_t> offset_of(const NodeView& view) {
    return view.role == Role::replica ? view.applied_offset : view.master_offset;
}

std::optional<int64_t> extent(const NodeView& view, const std::string& replid) {
    if (replid.empty()) return std::nullopt;
    if (view.replid == replid) return offset_of(view);
    if (view.replid2 == replid && view.second_offset) return *view.second_offset - 1;
    return std::nullopt;
}

Divergence compare(const NodeView& first, const NodeView& second) {
    Divergence result;
    if (first.role == Role::master && second.role == Role::master && first.replid == second.replid) {
        result.why = "both are masters under one replication id, so that their offsets cannot be told apart";
        return result;
    }
    for (const std::string& replid : {first.replid, second.replid, first.replid2, second.replid2}) {
        const std::optional<int64_t> one = extent(first, replid), other = extent(second, replid);
        if (!one || !other) continue;
        // With several in common the one that reaches furthest is where they parted.
        const int64_t shared = std::min(*one, *other);
        if (!result.replid.empty() && shared <= result.shared) continue;
        result.replid = replid;
        result.shared = shared;
    }
    if (result.replid.empty()) {
        result.why = "they have no replication history in common";
        return result;
    }
    const auto behind = [&](const NodeView& view) -> std::optional<int64_t> {
        const std::optional<int64_t> offset = offset_of(view);
        if (!offset || !counts_its_writes(view)) return std::nullopt;
        return std::max<int64_t>(0, *offset - result.shared);
    };
    result.only_first = behind(first);
    result.only_second = behind(second);
    return result;
}

}  // namespace redisctl::failover
