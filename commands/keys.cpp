#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/key_scan.h"
#include "commands/look.h"
#include "commands/number_flag.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <unordered_set>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kLimit = 1000;

struct Options {
    std::vector<std::string> pattern;
    std::string limit, database, type;
};

Result<ExitCode> run(Context& context, const Options& options) {
    KeyScan scan;
    TRY_ASSIGN(const int64_t limit, number_flag("--limit", options.limit, 0, kLimit));
    TRY_ASSIGN(const std::optional<int64_t> database, database_flag("--db", options.database));
    scan.database = database.value_or(0);
    scan.pattern = options.pattern.empty() ? std::string() : options.pattern.front();
    scan.type = options.type;
    TRY_ASSIGN(const Look seen, look(context));
    TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen.found, {}, context.globals().nodes));
    output::Document document("Keys", context.kube_context());
    Answered answered;
    for (size_t i = 0; i < seen.pictures.size(); i++) {
        // A key may come twice.
        std::unordered_set<std::string> met;
        std::vector<std::string> keys;
        const auto take = [&](const fleet::Node&, std::vector<std::string> page) -> Result<bool> {
            for (std::string& key : page) {
                if (!met.insert(key).second) continue;
                if (limit > 0 && static_cast<int64_t>(keys.size()) == limit) return false;
                keys.push_back(std::move(key));
            }
            return true;
        };
        const Scanned scanned = scan_instance(context, seen, i, wanted, scan, take);
        add_item(document, answered, scanned, scan.database, {{"keys", keys}});
        output::Table table{seen.pictures.size() > 1 ? scanned.picture.full_name() : std::string(), {{"KEY"}}, {}};
        for (const std::string& key : keys) {
            document.add_name(key);
            table.rows.push_back({key});
        }
        document.add_table(std::move(table));
        if (!scanned.error && !scanned.all)
            context.output().note(
                fmt::format("the first {} keys of {}; --limit 0 lists all", keys.size(), scanned.node_name()));
    }
    TRY(context.output().print(document));
    return shown(answered);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--limit", "N", "At most N keys; 1000 by default, 0 is all", &options->limit},
                    {"--db", "N", "In this database; 0 by default", &options->database},
                    {"--type",
                     "TYPE",
                     "Only keys of this type; needs Redis 6.0",
                     &options->type,
                     {"string", "list", "set", "zset", "hash", "stream"}}};
    spec.positionals = {
        {"PATTERN", "Only keys like this: user:*; all without it", &options->pattern, false, false, ""}};
    spec.examples = {"redisctl keys 'user:*'", "redisctl keys --type stream --limit 0 --node redis-1 -o name"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command keys_command{"keys",
                                  Group::inspect,
                                  "List keys by SCAN, from a replica where there is one, without stopping the server",
                                  Uses::target,
                                  {},
                                  bind,
                                  "Keys"};

}  // namespace redisctl
