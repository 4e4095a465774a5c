#include "commands/command.h"
#include "commands/instance_json.h"
#include "commands/look.h"
#include "commands/operators.h"
#include "commands/status_tables.h"

#include <nlohmann/json.hpp>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

Result<ExitCode> run(Context& context) {
    TRY_ASSIGN(Look seen, look(context));
    TRY(look_for_operator(context, seen.pictures));
    output::Document document = begin_document("Status", context, seen);
    for (const topology::Picture& picture : seen.pictures) {
        Json item = to_json(picture);
        item["verdict"] = verdict(picture);
        document.add_item(std::move(item));
        for (output::Table& table : status_tables(picture)) document.add_table(std::move(table));
        if (context.output().settings().format == output::Format::wide) {
            output::Table evidence{"", {{"EVIDENCE"}}, {}};
            for (const std::string& sentence : picture.evidence) evidence.rows.push_back({sentence});
            document.add_table(std::move(evidence));
        }
        document.add_name(picture.full_name());
    }
    TRY(context.output().print(document));
    return judged(count_answers(seen), document.findings(), context.globals());
}

void bind(Spec& spec) {
    spec.examples = {"redisctl status", "redisctl status -A --fail-on warning",
                     "redisctl status --host db1:6379 -o wide"};
    spec.run = run;
}

}  // namespace

extern const Command status_command{
    "status",     Group::judge,          "Show the replication tree, what is wrong with it, and one verdict",
    Uses::target, {"check-replication"}, bind,
    "Status"};

}  // namespace redisctl
