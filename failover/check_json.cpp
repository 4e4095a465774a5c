#include "failover/check_json.h"

#include <nlohmann/json.hpp>

namespace redisctl::failover {

nlohmann::ordered_json to_json(const Check& check) {
    return {{"name", check.name},
            {"verdict", verdict_name(check.verdict)},
            {"node", check.node},
            {"value", check.value},
            {"limit", check.limit},
            {"hint", check.hint},
            {"overridable", check.overridable},
            {"overridden", check.overridden}};
}

nlohmann::ordered_json to_json(const Score& score) {
    return {{"node", score.node},
            {"eligible", score.eligible},
            {"points", score.points},
            {"why", score.why},
            {"reasons", score.reasons}};
}

nlohmann::ordered_json to_json(const Evidence& evidence) {
    return {{"witness", evidence.witness},
            {"saysDead", says_dead_name(evidence.says_dead)},
            {"sentence", evidence.sentence}};
}

}  // namespace redisctl::failover
