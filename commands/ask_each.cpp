#include "commands/ask_each.h"

#include "base/json_values.h"
#include "commands/node_names.h"

#include <nlohmann/json.hpp>

namespace redisctl {

using Json = nlohmann::ordered_json;

Result<Asked> ask_each(Context& context, const std::vector<std::string>& names,
                       const std::vector<redis::Request>& requests, Sentinels sentinels) {
    Asked asked;
    TRY_ASSIGN(asked.found, context.find());
    TRY_ASSIGN(const NodeNames wanted, NodeNames::among(asked.found, names, context.globals().nodes));
    std::vector<fleet::Call> calls;
    for (const fleet::Instance& instance : asked.found.inventory.instances) {
        const auto add = [&](const std::vector<fleet::Node>& nodes) {
            for (const fleet::Node& node : nodes) {
                if (!wanted.has(node.name)) continue;
                calls.push_back({&node, requests});
                asked.nodes.push_back({&instance, &node, {}, {}});
            }
        };
        add(instance.nodes);
        if (sentinels == Sentinels::asked) add(instance.sentinels);
    }
    std::vector<fleet::Outcome> outcomes = context.ask(calls);
    for (size_t i = 0; i < outcomes.size(); i++) {
        asked.nodes[i].replies = std::move(outcomes[i].replies);
        asked.nodes[i].took = outcomes[i].took;
    }
    return asked;
}

Answered fill_rows(output::Document& document, const Asked& asked, const std::vector<output::Column>& columns,
                   const FillRow& fill, const FinishItem& finish) {
    Answered answered;
    for (size_t i = 0; i < asked.nodes.size();) {
        const fleet::Instance& instance = *asked.nodes[i].instance;
        Json item{{"instance", instance.name}, {"namespace", text_or_null(instance.ns)}, {"nodes", Json::array()}};
        output::Table table{instance.full_name(), columns, {}};
        for (; i < asked.nodes.size() && asked.nodes[i].instance == &instance; i++) {
            const AskedNode& node = asked.nodes[i];
            Json json{{"name", node.node->name}};
            std::vector<output::Cell> cells{node.node->name};
            const std::optional<Error> error = fill(node, {json, cells});
            answered.count(error);
            json["error"] = error ? output::to_json(output::ErrorItem{"", node.node->name, *error}) : Json(nullptr);
            if (error) document.add_error({instance.full_name(), node.node->name, *error});
            item["nodes"].push_back(std::move(json));
            cells.resize(columns.size());
            table.rows.push_back(std::move(cells));
            document.add_name(node.node->name);
        }
        if (finish) finish(instance, item);
        document.add_item(std::move(item));
        if (!columns.empty()) document.add_table(std::move(table));
    }
    return answered;
}

Result<ExitCode> show_rows(Context& context, const char* kind, const Asked& asked,
                           const std::vector<output::Column>& columns, const FillRow& fill) {
    output::Document document(kind, context.kube_context());
    const Answered answered = fill_rows(document, asked, columns, fill);
    TRY(context.output().print(document));
    return shown(answered);
}

}  // namespace redisctl
