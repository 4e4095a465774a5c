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
using redis::InfoFields;

struct Options {
    std::vector<std::string> nodes;
    std::string over;
};

constexpr Millis kOver{1'000};

std::vector<redis::Request> requests() {
    std::vector<redis::Request> all = info_requests({"server", "clients", "stats"});
    all.push_back({"TIME"});
    return all;
}

struct Sample {
    InfoFields info;
    double time;  // the server's own clock, in seconds
};

Result<Sample> sample_of(const Result<std::vector<redis::Value>>& replies) {
    TRY_ASSIGN(InfoFields info, info_of(replies, {"server", "clients", "stats"}));
    const redis::Value& time = replies->at(4);
    TRY_ASSIGN(const auto* parts, time.as_array());
    if (parts->size() != 2) return fail(ErrorCode::protocol, "the reply to TIME is no time");
    TRY_ASSIGN(const int64_t seconds, parts->at(0).as_integer());
    TRY_ASSIGN(const int64_t micros, parts->at(1).as_integer());
    return Sample{std::move(info), static_cast<double>(seconds) + static_cast<double>(micros) / 1e6};
}

// Per second between the two looks; unknown when the process is another one, or CONFIG RESETSTAT came between.
class Rates {
  public:
    Rates(const Sample& before, const Sample& after) : before_(before), after_(after) {
        seconds_ = after.time - before.time;
        same_ = redis::text_of(before.info, "run_id") == redis::text_of(after.info, "run_id") && seconds_ > 0;
    }

    std::optional<int64_t> more(std::string_view key) const {
        const auto from = redis::count_of(before_.info, key), to = redis::count_of(after_.info, key);
        return same_ && from && to && *to >= *from ? std::optional(*to - *from) : std::nullopt;
    }

    std::optional<double> rate(std::string_view key) const {
        const auto difference = more(key);
        return difference ? std::optional(static_cast<double>(*difference) / seconds_) : std::nullopt;
    }

    // Of the reads that looked for a key; unknown without any.
    std::optional<double> hit_percent() const {
        const auto hits = more("keyspace_hits"), misses = more("keyspace_misses");
        if (!hits || !misses || *hits + *misses == 0) return std::nullopt;
        return 100.0 * static_cast<double>(*hits) / static_cast<double>(*hits + *misses);
    }

    double seconds() const { return seconds_; }

  private:
    const Sample& before_;
    const Sample& after_;
    double seconds_;
    bool same_;
};

output::Cell rate_cell(std::optional<double> rate) {
    return rate ? output::Cell(fmt::format("{:.{}f}", *rate, *rate < 10 && *rate > 0 ? 1 : 0)) : output::Cell();
}

std::optional<Error> fill(const Result<Sample>& before, const AskedNode& node, Row row) {
    const Result<Sample> after = sample_of(node.replies);
    const Sample nothing{};
    const Rates rates(before && after ? *before : nothing, before && after ? *after : nothing);
    const InfoFields info = after ? after->info : InfoFields{};
    const redis::Role role = role_of(info);
    const auto total = [&](std::string_view key) { return redis::count_of(info, key); };
    row.json["role"] = redis::role_name(role);
    row.json["overSeconds"] = before && after ? Json(rates.seconds()) : Json(nullptr);
    const auto in = rates.rate("total_net_input_bytes"), out = rates.rate("total_net_output_bytes");
    row.json["perSecond"] = {{"commands", value_or_null(rates.rate("total_commands_processed"))},
                             {"connections", value_or_null(rates.rate("total_connections_received"))},
                             {"inputBytes", value_or_null(in)},
                             {"outputBytes", value_or_null(out)},
                             {"expiredKeys", value_or_null(rates.rate("expired_keys"))},
                             {"evictedKeys", value_or_null(rates.rate("evicted_keys"))}};
    row.json["hitPercent"] = value_or_null(rates.hit_percent());
    row.json["clients"] = value_or_null(total("connected_clients"));
    row.json["blockedClients"] = value_or_null(total("blocked_clients"));
    row.json["total"] = {{"commands", value_or_null(total("total_commands_processed"))},
                         {"rejectedConnections", value_or_null(total("rejected_connections"))},
                         {"expiredKeys", value_or_null(total("expired_keys"))},
                         {"evictedKeys", value_or_null(total("evicted_keys"))},
                         {"hits", value_or_null(total("keyspace_hits"))},
                         {"misses", value_or_null(total("keyspace_misses"))},
                         {"fullSyncs", value_or_null(total("sync_full"))},
                         {"partialSyncs", value_or_null(total("sync_partial_ok"))},
                         {"partialSyncsRefused", value_or_null(total("sync_partial_err"))}};
    const auto bytes = [](std::optional<double> rate) {
        return bytes_cell(rate ? std::optional(static_cast<int64_t>(*rate)) : std::nullopt);
    };
    row.cells.insert(row.cells.end(),
                     {role_word(role), rate_cell(rates.rate("total_commands_processed")),
                      rates.hit_percent() ? output::Cell(fmt::format("{:.1f}%", *rates.hit_percent())) : output::Cell(),
                      bytes(in), bytes(out), total("connected_clients"), rate_cell(rates.rate("expired_keys")),
                      rate_cell(rates.rate("evicted_keys")), total("rejected_connections"), total("sync_full"),
                      total("sync_partial_ok"), total("sync_partial_err")});
    return after ? std::nullopt : std::optional(after.error());
}

Result<ExitCode> run(Context& context, const Options& options) {
    Millis over = kOver;
    if (!options.over.empty()) {
        TRY_ASSIGN(over, parse_duration(options.over));
        if (over.count() == 0)
            return fail(ErrorCode::usage, "--over is 0", "a rate needs a time to be measured over", "--over 1s");
    }
    TRY_ASSIGN(Asked asked, ask_each(context, options.nodes, requests(), Sentinels::left_out));
    std::vector<Result<Sample>> before;
    std::vector<fleet::Call> again;
    for (const AskedNode& node : asked.nodes) {
        before.push_back(sample_of(node.replies));
        again.push_back({node.node, requests()});
    }
    TRY(context.loop().pause(Deadline::after(over)));
    std::vector<fleet::Outcome> outcomes = context.ask_further(again);
    for (size_t i = 0; i < outcomes.size(); i++) asked.nodes[i].replies = std::move(outcomes[i].replies);

    constexpr auto wide = output::Show::wide_only;
    return show_rows(context, "Stats", asked,
                     {{"NODE"},
                      {"ROLE"},
                      output::numbers("COMMANDS/S"),
                      output::numbers("HITS"),
                      output::numbers("IN/S"),
                      output::numbers("OUT/S"),
                      output::numbers("CLIENTS"),
                      output::numbers("EXPIRED/S"),
                      output::numbers("EVICTED/S"),
                      output::numbers("REJECTED", wide),
                      output::numbers("FULL-SYNCS", wide),
                      output::numbers("PARTIAL-SYNCS", wide),
                      output::numbers("REFUSED", wide)},
                     [&](const AskedNode& node, Row row) {
                         const auto i = static_cast<size_t>(&node - asked.nodes.data());
                         return fill(before[i], node, row);
                     });
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--over", "DURATION", "Measure the rates over so long; 1s by default", &options->over}};
    spec.positionals = {nodes_to_show(options->nodes)};
    spec.examples = {"redisctl stats", "redisctl stats --over 10s redis-0", "redisctl stats -o wide"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command stats_command{
    "stats",
    Group::inspect,
    "Show what each node does per second: commands, hits, traffic, expired and evicted keys",
    Uses::target,
    {},
    bind,
    "Stats"};

}  // namespace redisctl
