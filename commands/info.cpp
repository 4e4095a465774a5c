#include "base/text.h"
#include "commands/ask_each.h"
#include "commands/command.h"
#include "commands/side_by_side.h"
#include "redis/reply_error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::vector<std::string> sections;
};

// "# Server" starts a section; fields before any heading (INFO of a proxy, say) go into one called "info".
void add_sections(std::string_view text, Json& sections) {
    std::string section = "info";
    for (std::string_view line : split(text, '\n')) {
        line = trim(line);
        if (line.empty()) continue;
        if (line.front() == '#') {
            section = lower(trim(line.substr(1)));
            continue;
        }
        const size_t colon = line.find(':');
        if (colon != std::string_view::npos)
            sections[section][std::string(line.substr(0, colon))] = std::string(line.substr(colon + 1));
    }
}

Result<Json> sections_of(const AskedNode& node) {
    TRY(node.replies);
    Json sections = Json::object();
    for (const redis::Value& reply : *node.replies) {
        if (reply.is_error()) return fail(redis::reply_error(reply, "INFO"));
        TRY_ASSIGN(const std::string_view text, reply.as_text());
        add_sections(text, sections);
    }
    return sections;
}

Result<ExitCode> run(Context& context, const Options& options) {
    std::vector<redis::Request> requests;
    // Several sections in one INFO exist only from 7.0 on.
    for (const std::string& section : options.sections) requests.push_back({"INFO", section});
    if (requests.empty()) requests.push_back({"INFO"});
    TRY_ASSIGN(const Asked asked, ask_each(context, {}, requests, Sentinels::asked));

    output::Document document("Info", context.kube_context());
    std::map<const fleet::Instance*, SideBySide> tables;
    const auto fill = [&](const AskedNode& node, Row row) -> std::optional<Error> {
        Result<Json> sections = sections_of(node);
        row.json["sections"] = sections ? *sections : Json(nullptr);
        if (!sections) return sections.error();
        SideBySide& table = tables[node.instance];
        table.add_node(node.node->name);
        for (const auto& [section, fields] : sections->items())
            for (const auto& [field, value] : fields.items()) table.add(section, field, value.get<std::string>());
        return std::nullopt;
    };
    const Answered answered = fill_rows(document, asked, {}, fill);
    for (const fleet::Instance& instance : asked.found.inventory.instances)
        if (tables.contains(&instance)) document.add_table(tables.at(&instance).table(instance.full_name()));
    TRY(context.output().print(document));
    return shown(answered);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {{"SECTION",
                         "Sections of INFO (server, memory, replication …); Redis' default ones when none is named",
                         &options->sections, false, true, ""}};
    spec.examples = {"redisctl info memory", "redisctl info replication --node redis-0", "redisctl info --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command info_command{"info", Group::look, "Show INFO of every node, side by side", Uses::target, {},
                                  bind,   "Info"};

}  // namespace redisctl
