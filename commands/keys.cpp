#include "base/text.h"
#include "commands/command.h"
#include "commands/json_values.h"
#include "commands/key_scan.h"
#include "commands/look.h"

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

Result<int64_t> number_of(const std::string& text, const std::string& flag, int64_t otherwise) {
    if (text.empty()) return otherwise;
    const auto number = parse_int(text);
    if (!number || *number < 0)
        return fail(ErrorCode::usage, fmt::format("{}: '{}' is no number", flag, printable(text)), {}, flag + " 100");
    return *number;
}

Result<ExitCode> run(Context& context, const Options& options) {
    KeyScan scan;
    TRY_ASSIGN(const int64_t limit, number_of(options.limit, "--limit", kLimit));
    TRY_ASSIGN(scan.database, number_of(options.database, "--db", 0));
    scan.pattern = options.pattern.empty() ? std::string() : options.pattern.front();
    scan.type = options.type;
    TRY_ASSIGN(const Look seen, look(context));
    TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen.found, {}, context.globals().nodes));
    output::Document document("Keys", context.kube_context());
    Answered answered;
    for (size_t i = 0; i < seen.pictures.size(); i++) {
        const topology::Picture& picture = seen.pictures[i];
        Result<ScannedNode> scanned = node_to_scan(seen, i, wanted);
        // A key may come twice.
        std::unordered_set<std::string> met;
        std::vector<std::string> keys;
        bool all = false;
        std::optional<Error> error;
        if (scanned) {
            const Result<bool> ended =
                scan_keys(context, *scanned->node, scan, [&](std::vector<std::string> page) -> Result<bool> {
                    for (std::string& key : page) {
                        if (!met.insert(key).second) continue;
                        if (limit > 0 && static_cast<int64_t>(keys.size()) == limit) return false;
                        keys.push_back(std::move(key));
                    }
                    return true;
                });
            if (ended) all = *ended;
            if (!ended) error = ended.error();
        } else {
            error = scanned.error();
        }
        const std::string node = scanned ? scanned->node->name : std::string();
        answered.count(error);
        if (error) document.add_error({picture.full_name(), node, *error});
        document.add_item({{"instance", picture.name},
                           {"namespace", text_or_null(picture.ns)},
                           {"node", text_or_null(node)},
                           {"role", scanned ? Json(redis::role_name(scanned->role)) : Json(nullptr)},
                           {"database", scan.database},
                           {"keys", keys},
                           {"all", all},
                           {"error", error ? output::to_json(output::ErrorItem{"", node, *error}) : Json(nullptr)}});
        output::Table table{seen.pictures.size() > 1 ? picture.full_name() : std::string(), {{"KEY"}}, {}};
        for (const std::string& key : keys) {
            document.add_name(key);
            table.rows.push_back({key});
        }
        document.add_table(std::move(table));
        if (!error && !all)
            context.output().note(fmt::format("the first {} keys of {}; --limit 0 lists all", keys.size(), node));
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
