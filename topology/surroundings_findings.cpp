#include "topology/findings.h"
#include "topology/service_verdict.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

namespace redisctl::topology {

namespace {

void about_sentinels(Findings& out, const Picture& picture) {
    const auto hint = out.command("sentinel check");
    std::set<std::string> named;
    int64_t answered = 0, known = 0, quorum = 0;
    bool master_down = false;
    for (const auto& sentinel : picture.sentinels) {
        if (!sentinel.view) continue;
        answered++;
        if (!sentinel.master) {
            out.add(Severity::warning, "SENTINEL_WATCHES_NOTHING", sentinel.name,
                    fmt::format("Sentinel {} watches no master of this instance", sentinel.name),
                    out.command("sentinel sync"));
            continue;
        }
        const auto& master = *sentinel.master;
        named.insert(sentinel.master_node.empty() ? fmt::format("{}:{}", master.host, master.port.value_or(0))
                                                  : sentinel.master_node);
        known = std::max(known, master.known_sentinels.value_or(0) + 1);
        quorum = std::max(quorum, master.quorum.value_or(0));
        master_down = master_down || redis::has_flag(master.flags, "o_down");
    }
    if (named.size() > 1) {
        std::string list;
        for (const auto& name : named) list += (list.empty() ? "" : ", ") + name;
        out.add(Severity::critical, "SENTINEL_DISAGREEMENT", "", "the Sentinels name different masters: " + list,
                out.command("master-info"));
    }
    if (master_down)
        out.add(Severity::critical, "SENTINEL_MASTER_DOWN", "", "the Sentinels agree that the master is down", hint);
    if (picture.sentinels.empty() || picture.ns.empty()) return;

    // A failover needs the quorum to see the master down, and a majority of all Sentinels ever known to choose who
    // leads it.
    auto needed = std::max(quorum, known / 2 + 1);
    if (known > 0 && answered < needed)
        out.add(Severity::critical, "SENTINEL_NO_QUORUM", "",
                fmt::format("{} of {} Sentinels answer, and a failover needs {}", answered, known, needed), hint);
    if (known > static_cast<int64_t>(picture.sentinels.size()))
        out.add(
            Severity::warning, "SENTINEL_GHOSTS", "",
            fmt::format(
                "the Sentinels remember {} of their kind, but there are {}: the gone ones still count for the majority",
                known, picture.sentinels.size()),
            out.command("sentinel reset"));
}

}  // namespace

void find_about_surroundings(Findings& out, const Picture& picture) {
    about_sentinels(out, picture);
    for (const auto& service : picture.services)
        if (auto fault = fault_of(service, picture))
            out.add(
                fault->severity, std::move(fault->code), "", std::move(fault->message),
                out.kubectl(fmt::format("get endpointslices -l kubernetes.io/service-name={} -o wide", service.name)));
}

}  // namespace redisctl::topology
