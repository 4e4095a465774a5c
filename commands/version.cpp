#include "base/version.h"

#include "commands/ask_each.h"
#include "commands/command.h"
#include "generated/libraries.h"
#include "redis/node_view.h"
#include "redis/reply_error.h"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <set>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    bool client = false;
};

Json client_json() {
    Json libraries = Json::object();
    for (const auto& [name, version] : kLibraries) libraries[name] = version;
    return {{"version", kVersion}, {"libraries", std::move(libraries)}};
}

output::Table client_table() {
    output::Table table{"", {{"CLIENT"}, {"VERSION"}}, {{"redisctl", kVersion}}};
    for (const auto& [name, number] : kLibraries) table.rows.push_back({name, number});
    return table;
}

Result<ExitCode> run(Context& context, const Options& options) {
    Asked asked;
    if (!options.client) {
        TRY_ASSIGN(asked, ask_each(context, {}, {{"INFO", "server"}}, Sentinels::asked));
    }
    output::Document document("Version", context.kube_context());
    document.set("client", client_json());
    document.add_table(client_table());
    std::map<const fleet::Instance*, std::set<std::string>> versions;
    const auto fill = [&](const AskedNode& node, Row row) -> std::optional<Error> {
        row.json["server"] = row.json["version"] = nullptr;
        if (!node.replies) return node.replies.error();
        const redis::Value& reply = node.replies->front();
        if (reply.is_error()) return redis::reply_error(reply, "INFO");
        const auto fields = redis::parse_info(reply.text);
        const bool valkey = fields.contains("valkey_version");
        const auto found = fields.find(valkey ? "valkey_version" : "redis_version");
        if (found == fields.end()) return Error{ErrorCode::protocol, "INFO names no version", {}, {}, {}};
        row.json["server"] = valkey ? "valkey" : "redis";
        row.json["version"] = found->second;
        row.cells.emplace_back(valkey ? "valkey" : "redis");
        row.cells.emplace_back(found->second);
        if (node.node->kind != fleet::NodeKind::sentinel) versions[node.instance].insert(found->second);
        return std::nullopt;
    };
    const auto finish = [&](const fleet::Instance& instance, Json& item) {
        const bool mixed = versions[&instance].size() > 1;
        item["mixed"] = mixed;
        if (mixed)
            document.add_finding({"MIXED_VERSIONS", Severity::warning, instance.full_name(), "",
                                  "the nodes run different versions",
                                  "finish the upgrade: replicas first, the master last"});
    };
    const Answered answered = fill_rows(document, asked, {{"NODE"}, {"SERVER"}, {"VERSION"}}, fill, finish);
    TRY(context.output().print(document));
    return options.client ? ExitCode::ok : shown(answered);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--client", "", "Only this program and its libraries; nothing is opened", &options->client}};
    spec.examples = {"redisctl version --client", "redisctl version", "redisctl version -A --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command version_command{
    "version", Group::look, "Show the version of this program, of its libraries and of every server", Uses::target, {},
    bind,      "Version"};

}  // namespace redisctl
