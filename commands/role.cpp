#include "base/json_values.h"
#include "commands/command.h"
#include "commands/instance_json.h"
#include "commands/look.h"
#include "commands/node_cells.h"
#include "commands/node_names.h"

#include <nlohmann/json.hpp>

#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::vector<std::string> nodes;
};

Json node_json(const topology::NodePicture& node) {
    const Json full = to_json(node);
    Json json;
    for (const char* key : {"name", "role", "masterHost", "masterPort", "masterNode", "linkStatus", "offset"})
        json[key] = full.at(key);
    json["replicas"] = full.at("connectedReplicas");
    json["error"] = full.at("error");
    return json;
}

Result<ExitCode> run(Context& context, const Options& options) {
    TRY_ASSIGN(const Look seen, look(context));
    TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen.found, options.nodes, context.globals().nodes));
    output::Document document("Role", context.kube_context());
    Answered answered;
    for (const topology::Picture& picture : seen.pictures) {
        Json item{{"instance", picture.name}, {"namespace", text_or_null(picture.ns)}, {"nodes", Json::array()}};
        output::Table table{
            heading(picture),
            {{"NODE"}, {"ROLE"}, {"MASTER"}, {"LINK"}, output::numbers("OFFSET"), output::numbers("REPLICAS")},
            {}};
        for (const topology::NodePicture& node : picture.nodes) {
            if (!wanted.has(node.name)) continue;
            answered.count(node.error);
            if (node.error) document.add_error({picture.full_name(), node.name, *node.error});
            item["nodes"].push_back(node_json(node));
            document.add_name(node.name);
            table.rows.push_back({node.name, role_cell(node), master_cell(node), link_cell(node), node.offset,
                                  node.view ? node.view->connected_replicas : std::nullopt});
        }
        if (table.rows.empty()) continue;
        document.add_item(std::move(item));
        document.add_table(std::move(table));
    }
    TRY(context.output().print(document));
    return shown(answered);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {nodes_to_show(options->nodes)};
    spec.examples = {"redisctl role", "redisctl role redis-0 redis-1", "redisctl role --host 10.0.0.5:6379"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command role_command{
    "role", Group::look, "Show each node's role as the node itself says it", Uses::target, {}, bind, "Role"};

}  // namespace redisctl
