#include "base/text.h"
#include "commands/command.h"
#include "commands/info_fields.h"
#include "commands/json_values.h"
#include "commands/key_scan.h"
#include "commands/look.h"
#include "redis/reply_error.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kTop = 5, kRate = 20'000;

struct Options {
    std::vector<std::string> pattern;
    std::string top, database, rate;
};

struct BigKey {
    std::string name;
    int64_t bytes;
};

// Of one type.
struct Pile {
    int64_t keys = 0, bytes = 0;
    std::vector<BigKey> biggest;  // largest first

    void add(const std::string& name, int64_t size, int64_t top) {
        keys++;
        bytes += size;
        const auto known = std::ranges::any_of(biggest, [&](const BigKey& key) { return key.name == name; });
        if (known) return;
        const auto place = std::ranges::find_if(biggest, [&](const BigKey& key) { return key.bytes < size; });
        biggest.insert(place, {name, size});
        if (static_cast<int64_t>(biggest.size()) > top) biggest.pop_back();
    }
};

struct Found {
    std::map<std::string, Pile> by_type;
    int64_t looked = 0;
};

Result<int64_t> number_of(const std::string& text, const std::string& flag, int64_t least, int64_t otherwise) {
    if (text.empty()) return otherwise;
    const auto number = parse_int(text);
    if (!number || *number < least)
        return fail(ErrorCode::usage, fmt::format("{}: '{}' is no number from {} on", flag, printable(text), least), {},
                    fmt::format("{} {}", flag, otherwise));
    return *number;
}

// A key that is gone by now has type "none" and no size.
Result<void> weigh(Context& context, const fleet::Node& node, int64_t database, const std::vector<std::string>& keys,
                   int64_t top, Found& found) {
    if (keys.empty()) return {};
    std::vector<redis::Request> requests;
    for (const std::string& key : keys) {
        requests.push_back({"TYPE", key});
        requests.push_back({"MEMORY", "USAGE", key});
    }
    TRY_ASSIGN(const std::vector<redis::Value> replies, ask_in_database(context, node, database, std::move(requests)));
    for (size_t i = 0; i < keys.size(); i++) {
        for (const auto& [reply, name] : {std::pair(&replies[2 * i], "TYPE"), {&replies[2 * i + 1], "MEMORY"}})
            if (reply->is_error()) return fail(redis::reply_error(*reply, name));
        const redis::Value& size = replies[2 * i + 1];
        if (size.type != redis::Value::Type::integer) continue;
        found.looked++;
        found.by_type[replies[2 * i].text].add(keys[i], size.integer, top);
    }
    return {};
}

Json types_json(const Found& found) {
    Json types = Json::array();
    for (const auto& [type, pile] : found.by_type) {
        Json biggest = Json::array();
        for (const BigKey& key : pile.biggest) biggest.push_back({{"key", key.name}, {"bytes", key.bytes}});
        types.push_back({{"type", type}, {"keys", pile.keys}, {"bytes", pile.bytes}, {"biggest", biggest}});
    }
    return types;
}

output::Table table_of(const std::string& heading, const Found& found) {
    constexpr auto always = output::Show::always;
    constexpr auto right = output::Align::right;
    output::Table table{heading, {{"TYPE"}, {"BYTES", always, right}, {"KEY"}, {"OF-KEYS", always, right}}, {}};
    for (const auto& [type, pile] : found.by_type)
        for (const BigKey& key : pile.biggest) table.rows.push_back({type, bytes_cell(key.bytes), key.name, pile.keys});
    return table;
}

Result<ExitCode> run(Context& context, const Options& options) {
    KeyScan scan;
    TRY_ASSIGN(const int64_t top, number_of(options.top, "--top", 1, kTop));
    TRY_ASSIGN(scan.database, number_of(options.database, "--db", 0, 0));
    TRY_ASSIGN(const int64_t rate, number_of(options.rate, "--rate", 1, kRate));
    scan.pattern = options.pattern.empty() ? std::string() : options.pattern.front();
    scan.page = std::min<int64_t>(1000, rate);
    scan.most_per_second = static_cast<double>(rate);
    TRY_ASSIGN(const Look seen, look(context));
    TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen.found, {}, context.globals().nodes));
    output::Document document("BigKeys", context.kube_context());
    Answered answered;
    for (size_t i = 0; i < seen.pictures.size(); i++) {
        const topology::Picture& picture = seen.pictures[i];
        Found found;
        bool all = false;
        std::optional<Error> error;
        const Result<ScannedNode> scanned = node_to_scan(seen, i, wanted);
        if (scanned) {
            const Result<bool> ended =
                scan_keys(context, *scanned->node, scan, [&](std::vector<std::string> keys) -> Result<bool> {
                    TRY(weigh(context, *scanned->node, scan.database, keys, top, found));
                    return true;
                });
            all = ended && *ended;
            // What was seen until Ctrl-C is printed all the same.
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
                           {"keys", found.looked},
                           {"types", types_json(found)},
                           {"all", all},
                           {"error", error ? output::to_json(output::ErrorItem{"", node, *error}) : Json(nullptr)}});
        for (const auto& [type, pile] : found.by_type)
            for (const BigKey& key : pile.biggest) document.add_name(key.name);
        document.add_table(table_of(fmt::format("{}  {}  {} keys", picture.full_name(), node, found.looked), found));
    }
    TRY(context.output().print(document));
    return shown(answered);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--top", "N", "The N largest keys of each type; 5 by default", &options->top},
                    {"--db", "N", "In this database; 0 by default", &options->database},
                    {"--rate", "N", "Look at no more than N keys a second; 20000 by default", &options->rate}};
    spec.positionals = {
        {"PATTERN", "Only keys like this: user:*; all without it", &options->pattern, false, false, ""}};
    spec.examples = {"redisctl bigkeys", "redisctl bigkeys 'cart:*' --top 20 --rate 2000",
                     "redisctl bigkeys --node redis-1 --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command bigkeys_command{
    "bigkeys",
    Group::inspect,
    "Find the keys that take most memory, by SCAN and MEMORY USAGE, on a replica where there is one",
    Uses::target,
    {},
    bind,
    "BigKeys"};

}  // namespace redisctl
