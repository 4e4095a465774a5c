#include "commands/key_scan.h"

#include "base/json_values.h"
#include "redis/reply_error.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl {

using Json = nlohmann::ordered_json;

Result<std::vector<redis::Value>> ask_in_database(Context& context, const fleet::Node& node, int64_t database,
                                                  std::vector<redis::Request> requests) {
    // Always said: a connection that stayed open may stand in another database.
    requests.insert(requests.begin(), {"SELECT", std::to_string(database)});
    const fleet::Call call{&node, std::move(requests)};
    std::vector<fleet::Outcome> outcomes = context.ask_further({&call, 1});
    TRY(outcomes.front().replies);
    std::vector<redis::Value>& replies = *outcomes.front().replies;
    if (replies.front().is_error()) return fail(redis::reply_error(replies.front(), "SELECT"));
    replies.erase(replies.begin());
    return std::move(replies);
}

namespace {

struct Choice {
    const fleet::Node* node;
    redis::Role role;
};

Result<Choice> choose(const Look& seen, size_t instance, const NodeNames& wanted) {
    const topology::Picture& picture = seen.pictures[instance];
    const std::vector<fleet::Node>& nodes = seen.found.inventory.instances[instance].nodes;
    const topology::NodePicture* best = nullptr;
    const auto rank = [](const topology::NodePicture& node) {
        const bool replica = node.view->role == redis::Role::replica;
        return replica && node.view->link_up.value_or(false) && !node.view->sync_in_progress.value_or(false) ? 2
               : replica                                                                                     ? 0
                                                                                                             : 1;
    };
    for (const topology::NodePicture& node : picture.nodes) {
        if (!wanted.has(node.name) || !node.view) continue;
        if (best == nullptr || rank(node) > rank(*best)) best = &node;
    }
    if (best == nullptr)
        return fail(Error{ErrorCode::unreachable,
                          fmt::format("no node of {} answered", picture.full_name()),
                          {},
                          "redisctl status",
                          {}});
    const auto found = std::ranges::find(nodes, best->name, &fleet::Node::name);
    if (found == nodes.end()) return fail(ErrorCode::internal, fmt::format("{} is not in the inventory", best->name));
    return Choice{&*found, best->view->role};
}

// True when it came to the end.
Result<bool> scan_node(Context& context, const fleet::Node& node, const KeyScan& scan, const TakeKeys& take) {
    context.fleet().keep_connections();
    std::string cursor = "0";
    const TimePoint began = SteadyClock::now();
    for (int64_t steps = 1;; steps++) {
        redis::Request request{"SCAN", cursor, "COUNT", std::to_string(scan.page)};
        if (!scan.pattern.empty()) request.insert(request.end(), {"MATCH", scan.pattern});
        if (!scan.type.empty()) request.insert(request.end(), {"TYPE", scan.type});
        TRY_ASSIGN(const std::vector<redis::Value> replies, ask_in_database(context, node, scan.database, {request}));
        const redis::Value& reply = replies.front();
        if (reply.is_error()) return fail(redis::reply_error(reply, "SCAN"));
        TRY_ASSIGN(const auto* parts, reply.as_array());
        if (parts->size() != 2) return fail(ErrorCode::protocol, "the reply to SCAN has not two parts");
        TRY_ASSIGN(const std::string_view next, parts->at(0).as_text());
        TRY_ASSIGN(const auto* found, parts->at(1).as_array());
        std::vector<std::string> keys;
        for (const redis::Value& key : *found) keys.push_back(key.text);
        TRY_ASSIGN(const bool more, take(node, std::move(keys)));
        if (!more) return false;
        if (next == "0") return true;
        cursor = next;
        if (scan.most_per_second <= 0) continue;
        const double due = static_cast<double>(steps * scan.page) / scan.most_per_second;
        TRY(context.loop().pause(
            Deadline(began + std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(due)))));
    }
}

}  // namespace

Scanned scan_instance(Context& context, const Look& seen, size_t instance, const NodeNames& wanted, const KeyScan& scan,
                      const TakeKeys& take) {
    Scanned scanned{seen.pictures[instance], nullptr, redis::Role::unknown, false, {}};
    const Result<Choice> choice = choose(seen, instance, wanted);
    if (!choice) {
        scanned.error = choice.error();
        return scanned;
    }
    scanned.node = choice->node;
    scanned.role = choice->role;
    const Result<bool> ended = scan_node(context, *choice->node, scan, take);
    scanned.all = ended && *ended;
    if (!ended) scanned.error = ended.error();
    return scanned;
}

void add_item(output::Document& document, Answered& answered, const Scanned& scanned, int64_t database,
              const Json& found) {
    const std::string node = scanned.node_name();
    answered.count(scanned.error);
    if (scanned.error) document.add_error({scanned.picture.full_name(), node, *scanned.error});
    Json item{{"instance", scanned.picture.name},
              {"namespace", text_or_null(scanned.picture.ns)},
              {"node", text_or_null(node)},
              {"role", scanned.node == nullptr ? Json(nullptr) : Json(redis::role_name(scanned.role))},
              {"database", database}};
    item.update(found);
    item["all"] = scanned.all;
    item["error"] = scanned.error ? output::to_json(output::ErrorItem{"", node, *scanned.error}) : Json(nullptr);
    document.add_item(std::move(item));
}

}  // namespace redisctl
