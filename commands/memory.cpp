#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/info_fields.h"
#include "commands/node_names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using output::Tone;

constexpr double kNearlyFull = 80, kFull = 95;  // per cent of maxmemory

struct Options {
    std::vector<std::string> nodes;
};

std::optional<double> number_of(const redis::InfoFields& info, std::string_view key) {
    const std::string text = redis::text_of(info, key);
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    return text.empty() || *end != '\0' ? std::nullopt : std::optional(number);
}

std::optional<Error> fill(const AskedNode& node, Row row) {
    const Result<redis::InfoFields> info = info_of(node.replies, {"memory", "stats"});
    const redis::InfoFields fields = info ? *info : redis::InfoFields{};
    const redis::Role role = role_of(fields);
    const auto count = [&](std::string_view key) { return redis::count_of(fields, key); };
    const std::optional<int64_t> used = count("used_memory"), limit = count("maxmemory");
    const std::optional<double> fragmentation = number_of(fields, "mem_fragmentation_ratio");
    std::optional<double> full;
    if (used && limit.value_or(0) > 0) full = 100.0 * static_cast<double>(*used) / static_cast<double>(*limit);
    const std::string policy = redis::text_of(fields, "maxmemory_policy");

    row.json["role"] = redis::role_name(role);
    row.json["usedBytes"] = value_or_null(used);
    row.json["peakBytes"] = value_or_null(count("used_memory_peak"));
    row.json["residentBytes"] = value_or_null(count("used_memory_rss"));
    row.json["datasetBytes"] = value_or_null(count("used_memory_dataset"));
    row.json["replicationBuffersBytes"] = value_or_null(count("mem_total_replication_buffers"));
    row.json["clientsBytes"] = value_or_null(count("mem_clients_normal"));
    row.json["fragmentation"] = value_or_null(fragmentation);
    row.json["limitBytes"] = value_or_null(limit);
    row.json["fullPercent"] = value_or_null(full);
    row.json["policy"] = text_or_null(policy);
    row.json["evictedKeys"] = value_or_null(count("evicted_keys"));

    const Tone tone = full.value_or(0) >= kFull         ? Tone::bad
                      : full.value_or(0) >= kNearlyFull ? Tone::warn
                                                        : Tone::plain;
    row.cells.insert(
        row.cells.end(),
        {role_word(role), bytes_cell(used), bytes_cell(count("used_memory_peak")), bytes_cell(count("used_memory_rss")),
         fragmentation ? output::Cell(fmt::format("{:.2f}", *fragmentation)) : output::Cell(),
         limit == 0 ? output::Cell("none") : bytes_cell(limit),
         full ? output::Cell(fmt::format("{:.0f}%", *full), tone) : output::Cell(), policy, count("evicted_keys"),
         bytes_cell(count("used_memory_dataset")), bytes_cell(count("mem_total_replication_buffers")),
         bytes_cell(count("mem_clients_normal"))});
    return info ? std::nullopt : std::optional(info.error());
}

Result<ExitCode> run(Context& context, const Options& options) {
    TRY_ASSIGN(const Asked asked,
               ask_each(context, options.nodes, info_requests({"memory", "stats"}), Sentinels::left_out));
    constexpr auto wide = output::Show::wide_only;
    return show_rows(context, "Memory", asked,
                     {{"NODE"},
                      {"ROLE"},
                      output::numbers("USED"),
                      output::numbers("PEAK"),
                      output::numbers("RSS"),
                      output::numbers("FRAG"),
                      output::numbers("LIMIT"),
                      output::numbers("FULL"),
                      {"POLICY"},
                      output::numbers("EVICTED"),
                      output::numbers("DATASET", wide),
                      output::numbers("REPLICATION", wide),
                      output::numbers("CLIENTS", wide)},
                     fill);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {nodes_to_show(options->nodes)};
    spec.examples = {"redisctl memory", "redisctl memory -o wide", "redisctl memory redis-0 --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command memory_command{
    "memory",     Group::inspect,   "Show what each node's memory is used for, how full it is, and what is evicted",
    Uses::target, {"memory-stats"}, bind,
    "Memory"};

}  // namespace redisctl
