#include "commands/upgrade_record.h"

#include "backup/new_file.h"
#include "base/json_values.h"
#include "failover/journal.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view file_prefix = "upgrade-";

Json json_of(const PreviousSet& previous) {
    return {{"operation", previous.operation},
            {"container", previous.container},
            {"image", previous.image},
            {"strategy", Json::parse(previous.strategy, nullptr, false)},
            {"server", previous.server},
            {"version", previous.version}};
}

// Throws what the library throws.
PreviousSet previous_of(const std::string& set, const Json& json) {
    PreviousSet previous;
    previous.set = set;
    previous.operation = json.at("operation");
    previous.container = json.at("container");
    previous.image = json.at("image");
    if (!json.at("strategy").is_object()) throw std::invalid_argument("no strategy");
    previous.strategy = json.at("strategy").dump();
    previous.server = json.at("server");
    previous.version = json.at("version");
    return previous;
}

std::optional<UpgradeRecord> read_record(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) return std::nullopt;
    UpgradeRecord record;
    record.path = path;
    try {
        const Json json = Json::parse(text.str());
        record.context = json.at("context");
        const Json& item = json.at("items").at(0);
        record.instance = item.at("instance");
        record.ns = item.at("namespace");
        record.system = item.at("system");
        const Json& upgrade = json.at("upgrade");
        record.operation = upgrade.at("operation");
        for (const auto& [set, previous] : upgrade.at("statefulSets").items())
            record.sets.push_back(previous_of(set, previous));
        Result<UpgradeState> state = read_upgrade_state(item);
        if (!state) return std::nullopt;
        record.before = std::move(*state);
    } catch (const std::exception&) {
        return std::nullopt;
    }
    return record;
}

}  // namespace

std::string note_of(const PreviousSet& previous) {
    return json_of(previous).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<PreviousSet> read_note(const std::string& set, const std::string& note) {
    try {
        return previous_of(set, Json::parse(note));
    } catch (const std::exception& error) {
        return fail(ErrorCode::protocol,
                    fmt::format("the annotation redisctl.io/upgrade of StatefulSet {} cannot be read", set),
                    error.what(), "give it back by hand: its updateStrategy, and no such annotation");
    }
}

Result<std::string> save_record(const Environment& environment, const UpgradeRecord& record) {
    Json item{{"instance", record.instance}, {"namespace", record.ns}, {"system", record.system}};
    item["ready"] = true;
    item["gates"] = Json::array();
    item.update(to_json(record.before));
    Json sets = Json::object();
    for (const PreviousSet& set : record.sets) sets[set.set] = json_of(set);
    Json json{{"apiVersion", "redisctl/v1"}, {"kind", "UpgradeCheck"}, {"context", record.context}};
    json["items"] = {std::move(item)};
    json["errors"] = Json::array();
    json["findings"] = Json::array();
    json["upgrade"] = {{"operation", record.operation}, {"statefulSets", std::move(sets)}};
    const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    TRY_ASSIGN(backup::NewFile file,
               backup::NewFile::create(failover::journal_folder(environment),
                                       fmt::format("{}{}.json", file_prefix, record.operation)));
    TRY(file.write(text));
    TRY(file.sync());
    TRY(file.keep());
    return file.path();
}

std::optional<UpgradeRecord> find_record(const Environment& environment, const std::string& context,
                                         const std::string& ns, const std::string& instance,
                                         const std::string& operation) {
    std::optional<UpgradeRecord> newest;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(failover::journal_folder(environment), none)) {
        if (!entry.path().filename().string().starts_with(file_prefix)) continue;
        std::optional<UpgradeRecord> one = read_record(entry.path().string());
        if (!one || one->context != context || one->ns != ns || one->instance != instance) continue;
        if (!operation.empty() && one->operation != operation) continue;
        if (!newest || newest->before.time < one->before.time) newest = std::move(one);
    }
    return newest;
}

}  // namespace redisctl
