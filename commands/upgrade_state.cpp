#include "commands/upgrade_state.h"

#include "base/text.h"
#include "redis/info_fields.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>
#include <utility>

namespace redisctl {

using Json = nlohmann::ordered_json;

namespace {

struct Seen {
    const fleet::Instance* instance;
    const topology::Picture* picture;
};

std::vector<UpgradeState> states_of(Context& context, const std::vector<Seen>& seen) {
    std::vector<UpgradeState> states;
    std::vector<fleet::Call> calls;
    std::vector<size_t> owners;
    for (size_t i = 0; i < seen.size(); i++) {
        const topology::Picture& picture = *seen[i].picture;
        const std::vector<fleet::Node>& nodes = seen[i].instance->nodes;
        states.push_back({rfc3339_now(), picture.master, {}, {}});
        for (size_t n = 0; n < nodes.size(); n++) {
            const std::optional<redis::NodeView>& view = picture.nodes[n].view;
            states[i].versions[nodes[n].name] = view ? view->version : std::string();
            states[i].keys[nodes[n].name] = std::nullopt;
            if (!view) continue;
            calls.push_back({&nodes[n], {{"INFO", "keyspace"}}});
            owners.push_back(i);
        }
    }
    const std::vector<fleet::Outcome> outcomes = context.ask_further(calls);
    for (size_t c = 0; c < calls.size(); c++) {
        if (!outcomes[c].replies) continue;
        if (const auto info = redis::read_info(outcomes[c].replies->front(), "keyspace"))
            states[owners[c]].keys[calls[c].node->name] = redis::keys_by_database(*info);
    }
    return states;
}

}  // namespace

std::vector<UpgradeState> upgrade_states(Context& context, const Look& look) {
    std::vector<Seen> seen;
    for (size_t i = 0; i < look.pictures.size(); i++)
        seen.push_back({&look.found.inventory.instances[i], &look.pictures[i]});
    return states_of(context, seen);
}

UpgradeState upgrade_state(Context& context, const fleet::Instance& instance, const topology::Picture& picture) {
    return states_of(context, {{&instance, &picture}}).front();
}

Result<std::map<std::string, UpgradeState>> read_upgrade_states(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf()))
        return fail(ErrorCode::usage, fmt::format("{} cannot be read", printable(path)), {},
                    "redisctl upgrade check --json > before.json");
    const Json json = Json::parse(text.str(), nullptr, false);
    if (json.is_discarded() || !json.is_object() || json.value("kind", Json()) != Json("UpgradeCheck") ||
        !json.contains("items"))
        return fail(ErrorCode::usage,
                    fmt::format("{} is not what `redisctl upgrade check --json` printed", printable(path)), {},
                    "redisctl upgrade check --json > before.json");
    std::map<std::string, UpgradeState> states;
    for (const Json& item : json["items"]) {
        TRY_ASSIGN(UpgradeState state, read_upgrade_state(item));
        const Json ns = item.value("namespace", Json()), name = item.value("instance", Json());
        states[(ns.is_string() ? ns.get<std::string>() + "/" : "") +
               (name.is_string() ? name.get<std::string>() : "")] = std::move(state);
    }
    return states;
}

}  // namespace redisctl
