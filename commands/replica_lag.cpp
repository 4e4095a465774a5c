#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/instance_json.h"
#include "commands/look.h"
#include "commands/node_cells.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string max_bytes, max_seconds;
};

struct Limits {
    std::optional<int64_t> bytes, seconds;
    bool any() const { return bytes || seconds; }
};

Error of_flag(std::string_view flag, Error error) {
    error.message = fmt::format("{}: {}", flag, error.message);
    return error;
}

Result<Limits> parse(const Options& options) {
    Limits limits;
    if (!options.max_bytes.empty()) {
        const Result<uint64_t> bytes = parse_bytes(options.max_bytes);
        if (!bytes) return fail(of_flag("--max-bytes", bytes.error()));
        limits.bytes = static_cast<int64_t>(*bytes);
    }
    if (!options.max_seconds.empty()) {
        const Result<Millis> duration = parse_duration_or_seconds(options.max_seconds);
        if (!duration) return fail(of_flag("--max-seconds", duration.error()));
        limits.seconds = std::chrono::duration_cast<std::chrono::seconds>(*duration).count();
    }
    return limits;
}

bool is_replica(const topology::NodePicture& node) {
    return !node.view || node.view->role != redis::Role::master;
}

// nullopt without limits. What is unknown under a limit is not within it.
std::optional<bool> within(const topology::NodePicture& node, const Limits& limits) {
    if (!limits.any()) return std::nullopt;
    const auto holds = [](const std::optional<int64_t>& limit, const std::optional<int64_t>& lag) {
        return !limit || (lag && *lag <= *limit);
    };
    return holds(limits.bytes, node.lag_bytes) && holds(limits.seconds, node.lag_seconds);
}

Json replica_json(const topology::NodePicture& node, const Limits& limits) {
    const Json full = to_json(node);
    Json json;
    for (const char* key : {"name", "role", "linkStatus", "offset", "lagBytes", "lagSeconds", "lastIoSeconds"})
        json[key] = full.at(key);
    const std::optional<bool> good = within(node, limits);
    json["withinLimits"] = good ? Json(*good) : Json(nullptr);
    json["error"] = full.at("error");
    return json;
}

const topology::NodePicture* master_of(const topology::Picture& picture) {
    const auto found = std::find_if(picture.nodes.begin(), picture.nodes.end(), [](const auto& node) {
        return node.view && node.view->role == redis::Role::master;
    });
    return found == picture.nodes.end() ? nullptr : &*found;
}

Finding over_limit(const topology::Picture& picture, const topology::NodePicture& node, const Limits& limits) {
    const auto told = [](const std::optional<int64_t>& lag, const char* unit) {
        return lag ? fmt::format("{} {}", *lag, unit) : fmt::format("unknown {}", unit);
    };
    std::string asked;
    if (limits.bytes) asked = fmt::format("{} bytes", *limits.bytes);
    if (limits.seconds) asked += fmt::format("{}{} s", asked.empty() ? "" : " and ", *limits.seconds);
    const bool known = (!limits.bytes || node.lag_bytes) && (!limits.seconds || node.lag_seconds);
    return {known ? "LAG_OVER_LIMIT" : "LAG_UNKNOWN",
            Severity::critical,
            picture.full_name(),
            node.name,
            fmt::format("{} is behind by {}, {}; the limit is {}", node.name, told(node.lag_bytes, "bytes"),
                        told(node.lag_seconds, "s"), asked),
            fmt::format("redisctl info replication --node {}", node.name)};
}

output::Table table_of(const topology::Picture& picture, const Limits& limits) {
    output::Table table{heading(picture),
                        {{"NODE"},
                         {"LINK"},
                         output::numbers("OFFSET"),
                         output::numbers("LAG"),
                         output::numbers("LAG-BYTES", output::Show::wide_only),
                         output::numbers("ACKED"),
                         output::numbers("LAST-IO", output::Show::wide_only)},
                        {}};
    if (limits.any()) table.columns.push_back({"WITHIN"});
    for (const topology::NodePicture& node : picture.nodes) {
        if (!is_replica(node)) continue;
        const redis::NodeView view = node.view.value_or(redis::NodeView{});
        std::vector<output::Cell> row{node.name,      link_cell(node),  node.offset,         lag_cell(node),
                                      node.lag_bytes, acked_cell(node), view.last_io_seconds};
        if (const std::optional<bool> good = within(node, limits))
            row.push_back(*good ? output::Cell("yes", output::Tone::good) : output::Cell("no", output::Tone::bad));
        table.rows.push_back(std::move(row));
    }
    return table;
}

Result<ExitCode> run(Context& context, const Options& options) {
    TRY_ASSIGN(const Limits limits, parse(options));
    TRY_ASSIGN(const Look seen, look(context));
    output::Document document = begin_document("ReplicaLag", context, seen);
    bool good = true;
    for (const topology::Picture& picture : seen.pictures) {
        const topology::NodePicture* master = master_of(picture);
        Json item{{"instance", picture.name}, {"namespace", text_or_null(picture.ns)}};
        item["master"] = text_or_null(picture.master);
        item["masterOffset"] =
            master && !picture.master.empty() && master->offset ? Json(*master->offset) : Json(nullptr);
        item["replicas"] = Json::array();
        for (const topology::NodePicture& node : picture.nodes) {
            if (!is_replica(node)) continue;
            item["replicas"].push_back(replica_json(node, limits));
            document.add_name(node.name);
            if (within(node, limits).value_or(true)) continue;
            good = false;
            document.add_finding(over_limit(picture, node, limits));
        }
        document.add_item(std::move(item));
        document.add_table(table_of(picture, limits));
    }
    TRY(context.output().print(document));
    const Answered answered = count_answers(seen);
    if (answered.yes > 0 && !good) return ExitCode::bad_answer;
    return limits.any() ? judged(answered, document.findings(), context.globals()) : shown(answered);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--max-bytes", "SIZE",
                     "Exit 1 when a replica is further behind than this (64KiB, 1MiB), or when that is unknown",
                     &options->max_bytes},
                    {"--max-seconds", "SECONDS",
                     "Exit 1 when the master has not heard a replica's acknowledgement for longer than this",
                     &options->max_seconds}};
    spec.examples = {"redisctl replica-lag", "redisctl replica-lag --max-bytes 1MiB --max-seconds 10",
                     "redisctl replica-lag --host db1:6379 --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command replica_lag_command{
    "replica-lag", Group::judge, "Show how far behind each replica is, in bytes and seconds", Uses::target, {"lag"},
    bind,          "ReplicaLag"};

}  // namespace redisctl
