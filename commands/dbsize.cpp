#include "base/json_values.h"
#include "commands/command.h"
#include "commands/info_fields.h"
#include "commands/node_names.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::vector<std::string> nodes;
};

// The keys of each instance's only master; nothing where there is none, or more than one.
std::map<const fleet::Instance*, int64_t> keys_of_masters(const Asked& asked) {
    std::map<const fleet::Instance*, std::vector<int64_t>> masters;
    for (const AskedNode& node : asked.nodes)
        if (const auto info = info_of(node.replies, {"keyspace"}); info && role_of(*info) == redis::Role::master)
            masters[node.instance].push_back(redis::count_keys(*info));
    std::map<const fleet::Instance*, int64_t> keys;
    for (const auto& [instance, counts] : masters)
        if (counts.size() == 1) keys[instance] = counts.front();
    return keys;
}

Result<ExitCode> run(Context& context, const Options& options) {
    TRY_ASSIGN(const Asked asked, ask_each(context, options.nodes, info_requests({"keyspace"}), Sentinels::left_out));
    const std::map<const fleet::Instance*, int64_t> masters = keys_of_masters(asked);
    const auto fill = [&](const AskedNode& node, Row row) -> std::optional<Error> {
        const Result<redis::InfoFields> info = info_of(node.replies, {"keyspace"});
        std::optional<int64_t> keys, missing;
        Json databases(nullptr);
        redis::Role role = redis::Role::unknown;
        std::vector<std::string> words;
        if (info) {
            role = role_of(*info);
            keys = redis::count_keys(*info);
            if (const auto master = masters.find(node.instance);
                role == redis::Role::replica && master != masters.end())
                missing = master->second - *keys;
            databases = Json::object();
            for (const auto& [database, count] : redis::keys_by_database(*info)) {
                databases[database] = count;
                words.push_back(fmt::format("{}={}", database, count));
            }
        }
        row.json["role"] = redis::role_name(role);
        row.json["keys"] = value_or_null(keys);
        row.json["databases"] = databases;
        row.json["missing"] = value_or_null(missing);
        row.cells.insert(row.cells.end(),
                         {role_word(role),
                          keys,
                          {missing, missing.value_or(0) != 0 ? output::Tone::warn : output::Tone::plain},
                          fmt::format("{}", fmt::join(words, " "))});
        return info ? std::nullopt : std::optional(info.error());
    };
    return show_rows(context, "DatabaseSizes", asked,
                     {{"NODE"}, {"ROLE"}, output::numbers("KEYS"), output::numbers("MISSING"), {"DATABASES"}}, fill);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {nodes_to_show(options->nodes)};
    spec.examples = {"redisctl dbsize", "redisctl dbsize redis-0 redis-1", "redisctl dbsize -A --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command dbsize_command{"dbsize",
                                    Group::inspect,
                                    "Show how many keys each node holds, and how many of the master's a replica lacks",
                                    Uses::target,
                                    {},
                                    bind,
                                    "DatabaseSizes"};

}  // namespace redisctl
