#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/info_fields.h"
#include "commands/node_names.h"
#include "commands/number_flag.h"
#include "redis/client_list.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using redis::ConnectedClient;

constexpr int64_t kTop = 10;

struct Options {
    std::vector<std::string> nodes;
    std::string by = "host", top;
};

std::string value_of(const ConnectedClient& client, const std::string& by) {
    if (by == "name") return client.name;
    if (by == "user") return client.user;
    if (by == "library") return client.library;
    if (by == "type") return client.type;
    if (by == "command") return client.command;
    if (by == "database") return std::to_string(client.database);
    return client.host();
}

// Connections that are alike.
struct Crowd {
    std::string value;
    int64_t connections = 0, blocked = 0, output_bytes = 0;
    std::optional<int64_t> oldest_seconds, idle_seconds;  // of the oldest; of the one that spoke last
    std::map<std::string, int64_t> types;

    void add(const ConnectedClient& client) {
        connections++;
        blocked += client.blocked ? 1 : 0;
        output_bytes += client.output_bytes.value_or(0);
        types[client.type]++;
        if (client.age_seconds) oldest_seconds = std::max(oldest_seconds.value_or(0), *client.age_seconds);
        if (client.idle_seconds)
            idle_seconds = std::min(idle_seconds.value_or(*client.idle_seconds), *client.idle_seconds);
    }
};

std::vector<Crowd> crowds_of(const std::vector<ConnectedClient>& clients, const std::string& by) {
    std::map<std::string, Crowd> by_value;
    for (const ConnectedClient& client : clients) by_value[value_of(client, by)].add(client);
    std::vector<Crowd> crowds;
    for (auto& [value, crowd] : by_value) {
        crowd.value = value;
        crowds.push_back(std::move(crowd));
    }
    std::stable_sort(crowds.begin(), crowds.end(),
                     [](const Crowd& a, const Crowd& b) { return a.connections > b.connections; });
    return crowds;
}

std::string types_text(const Crowd& crowd) {
    std::string text;
    for (const auto& [type, count] : crowd.types) text += fmt::format("{}{}={}", text.empty() ? "" : " ", type, count);
    return text;
}

// Without our own connection.
Result<std::vector<ConnectedClient>> others(const std::vector<redis::Value>& replies) {
    TRY_ASSIGN(std::vector<ConnectedClient> clients, redis::read_client_list(replies.at(1)));
    if (const auto own = replies.at(2).as_integer())
        std::erase_if(clients, [&](const ConnectedClient& client) { return client.id == *own; });
    return clients;
}

Result<ExitCode> run(Context& context, const Options& options) {
    TRY_ASSIGN(const int64_t top, number_flag("--top", options.top, 0, kTop));
    TRY_ASSIGN(const Asked asked,
               ask_each(context, options.nodes, {{"INFO", "replication"}, {"CLIENT", "LIST"}, {"CLIENT", "ID"}},
                        Sentinels::left_out));
    output::Document document("Clients", context.kube_context());
    std::map<const fleet::Instance*, output::Table> tables;
    const auto fill = [&](const AskedNode& node, Row row) -> std::optional<Error> {
        const Result<redis::InfoFields> info = info_of(node.replies, {});
        const auto clients = info ? others(*node.replies) : Result<std::vector<ConnectedClient>>(fail(info.error()));
        const redis::Role role = info ? role_of(*info) : redis::Role::unknown;
        row.json["role"] = redis::role_name(role);
        row.json["connections"] = clients ? Json(clients->size()) : Json(nullptr);
        row.json["by"] = options.by;
        row.json["groups"] = clients ? Json(Json::array()) : Json(nullptr);
        row.json["more"] = false;
        if (!clients) return clients.error();
        output::Table& table = tables[node.instance];
        int64_t shown_groups = 0;
        for (const Crowd& crowd : crowds_of(*clients, options.by)) {
            if (top > 0 && ++shown_groups > top) {
                row.json["more"] = true;
                table.rows.push_back({node.node->name, role_word(role), "…", {}, {}, {}, {}, {}, {}});
                break;
            }
            row.json["groups"].push_back({{"value", crowd.value},
                                          {"connections", crowd.connections},
                                          {"types", crowd.types},
                                          {"blocked", crowd.blocked},
                                          {"oldestSeconds", value_or_null(crowd.oldest_seconds)},
                                          {"idleSeconds", value_or_null(crowd.idle_seconds)},
                                          {"outputBytes", crowd.output_bytes}});
            table.rows.push_back({node.node->name, role_word(role), crowd.value, crowd.connections, types_text(crowd),
                                  seconds_cell(crowd.oldest_seconds), seconds_cell(crowd.idle_seconds), crowd.blocked,
                                  bytes_cell(crowd.output_bytes)});
        }
        return std::nullopt;
    };
    const Answered answered = fill_rows(document, asked, {}, fill);
    std::string title = options.by;
    std::transform(title.begin(), title.end(), title.begin(), ::toupper);
    constexpr auto wide = output::Show::wide_only;
    for (const fleet::Instance& instance : asked.found.inventory.instances) {
        if (!tables.contains(&instance)) continue;
        output::Table& table = tables.at(&instance);
        table.heading = instance.full_name();
        table.columns = {{"NODE"},
                         {"ROLE"},
                         {title},
                         output::numbers("CONNECTIONS"),
                         {"TYPES"},
                         output::numbers("OLDEST"),
                         output::numbers("IDLE"),
                         output::numbers("BLOCKED", wide),
                         output::numbers("OUTPUT", wide)};
        document.add_table(std::move(table));
    }
    TRY(context.output().print(document));
    return shown(answered);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--by",
                     "WHAT",
                     "Count the connections that have this in common; host by default",
                     &options->by,
                     {"host", "name", "user", "library", "type", "command", "database"}},
                    {"--top", "N", "The N largest groups of each node; 10 by default, 0 is all", &options->top}};
    spec.positionals = {nodes_to_show(options->nodes)};
    spec.examples = {"redisctl clients", "redisctl clients --by name redis-0", "redisctl clients --by command --top 5"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command clients_command{
    "clients",
    Group::inspect,
    "Show who is connected to each node, counted by host, name, user, library or command",
    Uses::target,
    {},
    bind,
    "Clients"};

}  // namespace redisctl
