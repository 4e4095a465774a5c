#include "base/text.h"
#include "commands/command.h"
#include "commands/instance_json.h"
#include "commands/look.h"
#include "commands/node_cells.h"

#include <nlohmann/json.hpp>

namespace redisctl {

namespace {

using output::Show;

output::Table table_of(const topology::Picture& picture) {
    output::Table table{heading(picture),
                        {{"NODE"},
                         {"ROLE"},
                         {"MASTER"},
                         {"LINK"},
                         output::numbers("OFFSET"),
                         output::numbers("LAG"),
                         output::numbers("ACKED"),
                         output::numbers("REPLICAS"),
                         {"VERSION", Show::wide_only},
                         output::numbers("PRIORITY", Show::wide_only),
                         {"REPLID", Show::wide_only},
                         {"ADDRESS", Show::wide_only},
                         {"K8S-NODE", Show::wide_only}},
                        {}};
    for (const topology::NodePicture& node : picture.nodes) {
        const redis::NodeView view = node.view.value_or(redis::NodeView{});
        table.rows.push_back({node.name, role_cell(node), master_cell(node), link_cell(node), node.offset,
                              lag_cell(node), acked_cell(node), view.connected_replicas, view.version, view.priority,
                              view.replid.substr(0, 8), node.address, node.k8s_node});
    }
    return table;
}

Result<ExitCode> run(Context& context) {
    TRY_ASSIGN(const Look seen, look(context));
    output::Document document = begin_document("ReplicationInfo", context, seen);
    for (const topology::Picture& picture : seen.pictures) {
        document.add_item(to_json(picture));
        document.add_table(table_of(picture));
        for (const topology::NodePicture& node : picture.nodes) document.add_name(node.name);
    }
    TRY(context.output().print(document));
    return shown(count_answers(seen));
}

void bind(Spec& spec) {
    spec.examples = {"redisctl replication-info", "redisctl replication-info -n redis -o wide",
                     "redisctl replication-info -A --json"};
    spec.run = run;
}

}  // namespace

extern const Command replication_info_command{"replication-info",
                                              Group::look,
                                              "Show who is master, who follows whom and how far behind",
                                              Uses::target,
                                              {"replication", "topology"},
                                              bind,
                                              "ReplicationInfo"};

}  // namespace redisctl
