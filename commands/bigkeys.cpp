#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/info_fields.h"
#include "commands/key_scan.h"
#include "commands/look.h"
#include "commands/number_flag.h"
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
    output::Table table{heading, {{"TYPE"}, output::numbers("BYTES"), {"KEY"}, output::numbers("OF-KEYS")}, {}};
    for (const auto& [type, pile] : found.by_type)
        for (const BigKey& key : pile.biggest) table.rows.push_back({type, bytes_cell(key.bytes), key.name, pile.keys});
    return table;
}

Result<ExitCode> run(Context& context, const Options& options) {
    KeyScan scan;
    TRY_ASSIGN(const int64_t top, number_flag("--top", options.top, 1, kTop));
    TRY_ASSIGN(const std::optional<int64_t> database, database_flag("--db", options.database));
    scan.database = database.value_or(0);
    TRY_ASSIGN(const int64_t rate, number_flag("--rate", options.rate, 1, kRate));
    scan.pattern = options.pattern.empty() ? std::string() : options.pattern.front();
    scan.page = std::min<int64_t>(1000, rate);
    scan.most_per_second = static_cast<double>(rate);
    TRY_ASSIGN(const Look seen, look(context));
    TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen.found, {}, context.globals().nodes));
    output::Document document("BigKeys", context.kube_context());
    Answered answered;
    for (size_t i = 0; i < seen.pictures.size(); i++) {
        Found found;
        const auto take = [&](const fleet::Node& node, const std::vector<std::string>& keys) -> Result<bool> {
            TRY(weigh(context, node, scan.database, keys, top, found));
            return true;
        };
        // What was seen until Ctrl-C is printed all the same.
        const Scanned scanned = scan_instance(context, seen, i, wanted, scan, take);
        add_item(document, answered, scanned, scan.database, {{"keys", found.looked}, {"types", types_json(found)}});
        for (const auto& [type, pile] : found.by_type)
            for (const BigKey& key : pile.biggest) document.add_name(key.name);
        const std::string name = scanned.picture.full_name();
        document.add_table(table_of(fmt::format("{}  {}  {} keys", name, scanned.node_name(), found.looked), found));
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
