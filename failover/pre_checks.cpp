#include "failover/pre_checks.h"

#include "base/text.h"
#include "failover/pre_checks_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace redisctl::failover {

const std::vector<std::string_view>& overridable_checks() {
    static const std::vector<std::string_view> names = {
        "background-save", "last-save",   "latency", "modules",  "maxmemory-policy", "persistence",
        "backlog-size",    "other-nodes", "drift",   "k8s-node", "sentinels-silent",
    };
    return names;
}

Result<void> apply_overrides(std::vector<Check>& checks, const std::vector<std::string>& overrides,
                             const std::vector<std::string_view>& names) {
    for (const std::string& name : overrides) {
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            const bool known =
                std::any_of(checks.begin(), checks.end(), [&](const Check& check) { return check.name == name; });
            const auto near = nearest(name, {names.begin(), names.end()});
            return fail(ErrorCode::usage,
                        known ? fmt::format("check {} cannot be overridden", name)
                              : fmt::format("there is no check '{}'", printable(name)),
                        fmt::format("--override takes {}", fmt::join(names, ", ")),
                        near && !known ? fmt::format("--override {}", *near) : std::string());
        }
        for (Check& check : checks) {
            if (check.name != name || !refuses(check)) continue;
            check.verdict = Verdict::warn;
            check.overridden = true;
        }
    }
    return {};
}

Result<std::vector<Check>> pre_checks(const Facts& facts, const Wish& wish, const std::string& target) {
    const NodeFacts nobody = absent_node();
    const NodeFacts *master = facts.find(facts.master), *replica = facts.find(target);
    const Pair pair{facts, wish, target, master != nullptr ? *master : nobody, replica != nullptr ? *replica : nobody};
    std::vector<Check> checks;
    check_master(pair, checks);
    check_target(pair, checks);
    check_pair(pair, checks);
    check_surroundings(pair, checks);
    if (facts.kubernetes) check_kubernetes(pair, checks);
    TRY(apply_overrides(checks, wish.overrides));
    return checks;
}

}  // namespace redisctl::failover
