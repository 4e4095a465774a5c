#include "base/json_values.h"
#include "commands/command.h"
#include "commands/instance_json.h"
#include "commands/look.h"
#include "commands/node_cells.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

const topology::NodePicture* master_of(const topology::Picture& picture) {
    const auto found = std::find_if(picture.nodes.begin(), picture.nodes.end(),
                                    [&](const auto& node) { return node.name == picture.master; });
    return picture.master.empty() || found == picture.nodes.end() ? nullptr : &*found;
}

Json item_of(const topology::Picture& picture) {
    const topology::NodePicture* master = master_of(picture);
    Json item{{"instance", picture.name}, {"namespace", text_or_null(picture.ns)}};
    item["master"] = text_or_null(picture.master);
    item["agreed"] = !picture.master.empty();
    item["witnesses"] = Json::array();
    for (const topology::Witness& witness : picture.witnesses) item["witnesses"].push_back(to_json(witness));
    item["node"] = master ? to_json(*master) : Json(nullptr);
    return item;
}

output::Table master_table(const topology::Picture& picture) {
    output::Table table{heading(picture),
                        {{"MASTER"},
                         {"ADDRESS"},
                         {"VERSION"},
                         output::numbers("OFFSET"),
                         output::numbers("REPLICAS"),
                         {"REPLID", output::Show::wide_only},
                         {"K8S-NODE", output::Show::wide_only}},
                        {}};
    if (const topology::NodePicture* master = master_of(picture); master && master->view)
        table.rows.push_back({master->name, master->address, master->view->version, master->offset,
                              master->view->connected_replicas, master->view->replid, master->k8s_node});
    return table;
}

// Every witness is printed where they disagree, and always with -o wide.
output::Table witness_table(const topology::Picture& picture, bool agreed) {
    const output::Show show = agreed ? output::Show::wide_only : output::Show::always;
    output::Table table{"", {{"WITNESS", show}, {"BY", show}, {"SAYS", show}}, {}};
    for (const topology::Witness& witness : picture.witnesses)
        table.rows.push_back({witness.source, witness.by, witness.says});
    return table;
}

Result<ExitCode> run(Context& context) {
    TRY_ASSIGN(const Look seen, look(context));
    output::Document document = begin_document("MasterInfo", context, seen);
    bool agreed = true;
    for (const topology::Picture& picture : seen.pictures) {
        const bool known = !picture.master.empty();
        agreed = agreed && known;
        document.add_item(item_of(picture));
        if (known) document.add_table(master_table(picture));
        if (!known || context.output().settings().format == output::Format::wide)
            document.add_table(witness_table(picture, known));
        if (known) document.add_name(picture.master);
    }
    TRY(context.output().print(document));
    const Answered answered = count_answers(seen);
    if (!agreed && answered.yes > 0) return ExitCode::bad_answer;
    return judged(answered, document.findings(), context.globals());
}

void bind(Spec& spec) {
    spec.examples = {"redisctl master-info", "redisctl master-info --instance redis -o name",
                     "redisctl master-info --json"};
    spec.run = run;
}

}  // namespace

extern const Command master_info_command{
    "master-info", Group::judge, "Show the master that all witnesses agree on, or who disagrees",
    Uses::target,  {"master"},   bind,
    "MasterInfo"};

}  // namespace redisctl
