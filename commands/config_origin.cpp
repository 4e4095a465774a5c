#include "base/text.h"
#include "commands/ask_each.h"
#include "commands/command.h"
#include "commands/config_sources.h"
#include "commands/parameters.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::vector<std::string> patterns;
};

struct Origin {
    ConfigSource::Kind kind;
    std::string where, value;
};

enum class AfterRestart { same, other, unknown };

std::string_view name_of(AfterRestart after) {
    return after == AfterRestart::same ? "same" : after == AfterRestart::other ? "other" : "unknown";
}

std::vector<Origin> origins_of(const std::vector<ConfigSource>& sources, const std::string& name) {
    std::vector<Origin> origins;
    for (const ConfigSource& source : sources)
        if (const auto found = source.directives.find(name); found != source.directives.end())
            origins.push_back({source.kind, source.where, found->second});
    return origins;
}

// Of several files it is not known which one the server reads, or which one last.
AfterRestart after_restart(const std::string& name, const std::string& running, const std::vector<Origin>& origins) {
    if (origins.empty()) return AfterRestart::unknown;
    const auto last = std::ranges::max(origins, {}, &Origin::kind).kind;
    std::optional<bool> all;
    for (const Origin& origin : origins) {
        if (origin.kind != last) continue;
        const std::optional<bool> runs = redis::runs_with(name, running, origin.value);
        if (!runs || (all && *all != *runs)) return AfterRestart::unknown;
        all = runs;
    }
    return *all ? AfterRestart::same : AfterRestart::other;
}

output::Cell after_cell(AfterRestart after) {
    using output::Tone;
    return {name_of(after), after == AfterRestart::other ? Tone::bad : Tone::plain};
}

class Origins {
  public:
    Origins(Context& context, const Options& options) : context_(context), options_(options) {}

    Result<ExitCode> run() {
        if (context_.globals().without_kubernetes())
            return fail(ErrorCode::not_found, "plain hosts have no Kubernetes objects that name a setting",
                        "--host and --sentinel look at no Kubernetes", "redisctl config get");
        TRY_ASSIGN(const Asked asked, ask_each(context_, {}, parameter_requests(options_.patterns), Sentinels::left_out));
        for (const fleet::Instance& instance : asked.found.inventory.instances) {
            TRY_ASSIGN(ConfigSources sources, read_config_sources(context_, instance));
            sources_.emplace(&instance, std::move(sources));
        }
        output::Document document("ConfigOrigin", context_.kube_context());
        const Answered answered =
            fill_rows(document, asked, {}, [&](const AskedNode& node, Row row) { return fill(node, row); });
        bool all_read = true;
        for (const fleet::Instance& instance : asked.found.inventory.instances) {
            if (tables_.contains(&instance)) document.add_table(std::move(tables_.at(&instance)));
            for (const Error& error : sources_.at(&instance).unread) {
                document.add_error({instance.full_name(), "", error});
                all_read = false;
            }
        }
        TRY(context_.output().print(document));
        const ExitCode code = shown(answered);
        return code == ExitCode::ok && !all_read ? ExitCode::partial : code;
    }

  private:
    std::optional<Error> fill(const AskedNode& node, Row row) {
        const Result<Parameters> parameters = parameters_of(node);
        row.json["parameters"] = parameters ? Json(Json::array()) : Json(nullptr);
        if (!parameters) return parameters.error();
        auto& table = tables_
                          .try_emplace(node.instance,
                                       output::Table{node.instance->full_name(),
                                                     {{"NODE"}, {"PARAMETER"}, {"VALUE"}, {"AFTER-RESTART"}, {"NAMED-IN"}},
                                                     {}})
                          .first->second;
        const std::vector<ConfigSource>& sources = sources_.at(node.instance).by_node[node.node->name];
        for (const auto& [name, value] : *parameters) {
            const std::vector<Origin> origins = origins_of(sources, name);
            // Hundreds have their default, and nothing is to be said of them.
            if (options_.patterns.empty() && origins.empty()) continue;
            const AfterRestart after = after_restart(name, value, origins);
            Json list = Json::array();
            std::string named;
            for (const Origin& origin : origins) {
                const std::string said = shown_value(name, origin.value);
                list.push_back({{"source", origin.where}, {"value", said}});
                named += fmt::format("{}{} ({})", named.empty() ? "" : "; ", origin.where, said);
            }
            row.json["parameters"].push_back({{"name", name},
                                              {"value", shown_value(name, value)},
                                              {"origins", std::move(list)},
                                              {"afterRestart", name_of(after)}});
            table.rows.push_back({node.node->name, name, shown_value(name, value), after_cell(after), named});
        }
        return std::nullopt;
    }

    Context& context_;
    const Options& options_;
    std::map<const fleet::Instance*, ConfigSources> sources_;
    std::map<const fleet::Instance*, output::Table> tables_;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {{"PARAMETER", "Parameters, or patterns of them (maxmemory*); those that are named somewhere by default",
                         &options->patterns, false, true, ""}};
    spec.examples = {"redisctl config origin", "redisctl config origin maxmemory 'repl*' --node redis-0",
                     "redisctl config origin --json"};
    spec.run = [options](Context& context) { return Origins(context, *options).run(); };
}

}  // namespace

extern const Command config_origin_command{
    "config origin",
    Group::inspect,
    "Show where settings are named (ConfigMap, command line, RedisFailover), and whether they outlive a restart",
    Uses::target,
    {},
    bind,
    "ConfigOrigin"};

}  // namespace redisctl
