#include "base/text.h"
#include "commands/ask_each.h"
#include "commands/command.h"
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

// One row a field, one column a node: what differs stands side by side.
output::Table side_by_side(const std::string& heading, const std::vector<std::pair<std::string, Json>>& nodes) {
    output::Table table{heading, {{"FIELD"}}, {}};
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto& [name, sections] : nodes) {
        table.columns.push_back({name});
        for (const auto& [section, values] : sections.items())
            for (const auto& [key, value] : values.items())
                if (const std::pair field{section, key}; std::find(fields.begin(), fields.end(), field) == fields.end())
                    fields.push_back(field);
    }
    for (const auto& [section, key] : fields) {
        std::vector<output::Cell> row{key};
        for (const auto& [name, sections] : nodes) {
            const bool has = sections.contains(section) && sections.at(section).contains(key);
            row.emplace_back(has ? sections.at(section).at(key).template get<std::string>() : std::string());
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

Result<ExitCode> run(Context& context, const Options& options) {
    std::vector<redis::Request> requests;
    // Several sections in one INFO exist only from 7.0 on.
    for (const std::string& section : options.sections) requests.push_back({"INFO", section});
    if (requests.empty()) requests.push_back({"INFO"});
    TRY_ASSIGN(const Asked asked, ask_each(context, {}, requests, Sentinels::asked));

    output::Document document("Info", context.kube_context());
    std::map<const fleet::Instance*, std::vector<std::pair<std::string, Json>>> tables;
    const auto fill = [&](const AskedNode& node, Row row) -> std::optional<Error> {
        Result<Json> sections = sections_of(node);
        row.json["sections"] = sections ? *sections : Json(nullptr);
        if (!sections) return sections.error();
        tables[node.instance].emplace_back(node.node->name, std::move(*sections));
        return std::nullopt;
    };
    const Answered answered = fill_rows(document, asked, {}, fill);
    for (const fleet::Instance& instance : asked.found.inventory.instances)
        if (tables.contains(&instance)) document.add_table(side_by_side(instance.full_name(), tables.at(&instance)));
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
