#include "base/interrupt.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/info_fields.h"
#include "commands/node_names.h"
#include "output/live.h"
#include "output/spark.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <deque>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using redis::InfoFields;

struct Options {
    std::vector<std::string> nodes;
    std::string over, duration;
    bool watch = false;
};

constexpr Millis kOver{1'000};
constexpr size_t kShownLooks = 30;

const std::vector<std::string_view> kSections{"server", "clients", "memory", "cpu", "stats"};

std::vector<redis::Request> requests() {
    std::vector<redis::Request> all = info_requests(kSections);
    all.push_back({"TIME"});
    return all;
}

struct Sample {
    InfoFields info;
    double time;  // the server's own clock, in seconds
};

Result<Sample> sample_of(const Result<std::vector<redis::Value>>& replies) {
    TRY_ASSIGN(InfoFields info, info_of(replies, kSections));
    const redis::Value& time = replies->back();
    TRY_ASSIGN(const auto* parts, time.as_array());
    if (parts->size() != 2) return fail(ErrorCode::protocol, "the reply to TIME is no time");
    TRY_ASSIGN(const int64_t seconds, parts->at(0).as_integer());
    TRY_ASSIGN(const int64_t micros, parts->at(1).as_integer());
    return Sample{std::move(info), static_cast<double>(seconds) + static_cast<double>(micros) / 1e6};
}

// Of all its threads since its start, of its own children's nothing.
std::optional<double> cpu_seconds(const InfoFields& info) {
    double sum = 0;
    for (const std::string_view key : {"used_cpu_sys", "used_cpu_user"}) {
        const std::string text = redis::text_of(info, key);
        double part = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
        if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
        sum += part;
    }
    return sum;
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

    // Of one core.
    std::optional<double> cpu_percent() const {
        const auto from = cpu_seconds(before_.info), to = cpu_seconds(after_.info);
        return same_ && from && to && *to >= *from ? std::optional(100.0 * (*to - *from) / seconds_) : std::nullopt;
    }

    double seconds() const { return seconds_; }

  private:
    const Sample& before_;
    const Sample& after_;
    double seconds_;
    bool same_;
};

output::Cell rate_cell(std::optional<double> rate) {
    return rate ? output::Cell(fmt::format("{:.{}f}", *rate, *rate < 9.95 && *rate > 0 ? 1 : 0)) : output::Cell();
}

struct Samples {
    Result<Sample> before, after;
    std::deque<std::optional<double>> commands = {};  // per second, of the looks so far
};

std::optional<Error> fill(const Samples& samples, Row row) {
    const Result<Sample>&before = samples.before, &after = samples.after;
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
    row.json["cpuPercent"] = value_or_null(rates.cpu_percent());
    row.json["memoryBytes"] = value_or_null(total("used_memory_rss"));
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
                     {role_word(role),
                      rates.cpu_percent() ? output::Cell(fmt::format("{:.0f}%", *rates.cpu_percent())) : output::Cell(),
                      bytes_cell(total("used_memory_rss")), rate_cell(rates.rate("total_commands_processed")),
                      rates.hit_percent() ? output::Cell(fmt::format("{:.1f}%", *rates.hit_percent())) : output::Cell(),
                      bytes(in), bytes(out), total("connected_clients"), rate_cell(rates.rate("expired_keys")),
                      rate_cell(rates.rate("evicted_keys")), total("rejected_connections"), total("sync_full"),
                      total("sync_partial_ok"), total("sync_partial_err")});
    return after ? std::nullopt : std::optional(after.error());
}

class Stats {
  public:
    Stats(Context& context, const Options& options)
        : context_(context),
          options_(options),
          json_(output::is_document(context.output().settings().format)),
          live_(options.watch && context.output().settings().out.tty && !json_) {}

    Result<ExitCode> run() {
        TRY(read_options());
        // Connections stay open from one look to the next.
        if (options_.watch) context_.begin_operation("stats");
        TRY_ASSIGN(asked_, ask_each(context_, options_.nodes, requests(), Sentinels::left_out));
        for (const AskedNode& node : asked_.nodes) {
            samples_.push_back({fail(ErrorCode::unreachable, ""), sample_of(node.replies)});
            calls_.push_back({node.node, requests()});
        }
        Answered answered;
        bool seen = false;  // one look at least, by one node
        do {
            const Result<void> paused = context_.loop().pause(Deadline::after(over_).earlier(end_));
            if (seen && interrupt::count() > 0) break;
            TRY(paused);
            look_again();
            if (seen && interrupt::count() > 0) break;
            TRY_ASSIGN(answered, show());
            seen = options_.watch && (seen || answered.yes > 0);
        } while (options_.watch && !end_.passed() && !context_.output().closed());
        return seen ? ExitCode::ok : shown(answered);
    }

  private:
    Result<void> read_options() {
        if (!options_.duration.empty() && !options_.watch)
            return fail(ErrorCode::usage, "--duration is for --watch", "without it there is one look", "--watch");
        if (!options_.duration.empty()) {
            TRY_ASSIGN(const Millis duration, parse_duration(options_.duration));
            end_ = Deadline::after(duration);
        }
        if (options_.over.empty()) return {};
        TRY_ASSIGN(over_, parse_duration(options_.over));
        if (over_.count() > 0) return {};
        return fail(ErrorCode::usage, "--over is 0", "a rate needs a time to be measured over", "--over 1s");
    }

    void look_again() {
        const std::vector<fleet::Outcome> outcomes = context_.ask_further(calls_);
        for (size_t i = 0; i < outcomes.size(); i++) {
            Samples& of = samples_[i];
            of.before = std::move(of.after);
            of.after = sample_of(outcomes[i].replies);
            if (!of.before || !of.after)
                of.commands.emplace_back();
            else
                of.commands.push_back(Rates(*of.before, *of.after).rate("total_commands_processed"));
            if (of.commands.size() > kShownLooks) of.commands.pop_front();
        }
    }

    Result<Answered> show() {
        constexpr auto wide = output::Show::wide_only;
        std::vector<output::Column> columns{{"NODE"},
                                            {"ROLE"},
                                            output::numbers("CPU"),
                                            output::numbers("MEMORY"),
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
                                            output::numbers("REFUSED", wide)};
        if (live_) columns.push_back({"COMMANDS"});
        output::Document document("Stats", context_.kube_context());
        const Answered answered = fill_rows(document, asked_, columns, [&](const AskedNode& node, Row row) {
            const Samples& of = samples_[static_cast<size_t>(&node - asked_.nodes.data())];
            std::optional<Error> error = fill(of, row);
            if (live_) row.cells.emplace_back(output::spark_line({of.commands.begin(), of.commands.end()}));
            return error;
        });
        if (options_.watch && json_) {
            TRY(context_.output().print_line(document.json()));
            return answered;
        }
        if (live_) TRY(context_.output().write(output::from_the_top));
        TRY(context_.output().print(document));
        if (live_) TRY(context_.output().write(output::rhythm(over_)));
        return answered;
    }

    Context& context_;
    const Options& options_;
    const bool json_, live_;
    Millis over_ = kOver;
    Deadline end_ = Deadline::never();
    Asked asked_;
    std::vector<fleet::Call> calls_;
    std::vector<Samples> samples_;  // as asked_.nodes
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--over", "DURATION", "Measure the rates over so long; 1s by default", &options->over},
        {"--watch", "", "Again and again, with the course of each node's commands as a line; until Ctrl-C",
         &options->watch},
        {"--duration", "DURATION", "With --watch: end after so long", &options->duration}};
    spec.positionals = {nodes_to_show(options->nodes)};
    spec.examples = {"redisctl stats", "redisctl stats --over 10s redis-0", "redisctl stats -o wide",
                     "redisctl stats --watch --over 2s"};
    spec.run = [options](Context& context) { return Stats(context, *options).run(); };
}

}  // namespace

extern const Command stats_command{
    "stats",
    Group::inspect,
    "Show what each node does per second, and takes: commands, hits, traffic, processor, memory",
    Uses::target,
    {"top"},
    bind,
    "Stats"};

}  // namespace redisctl
