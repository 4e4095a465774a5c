#include "base/interrupt.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/ask_each.h"
#include "commands/command.h"
#include "commands/info_fields.h"
#include "commands/node_names.h"
#include "redis/reply_error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr Millis default_duration{5'000}, default_interval{10};
// A round trip that takes longer is none any more.
constexpr Millis lost_after{1'000};

struct Options {
    std::vector<std::string> nodes;
    std::string duration, interval;
};

// What one node was measured at.
class RoundTrips {
  public:
    void add(Micros took) { took_.push_back(took); }
    void lose() { lost_++; }
    // Once all are there.
    void sort() { std::ranges::sort(took_); }

    size_t count() const { return took_.size(); }
    int64_t lost() const { return lost_; }
    // The smallest that at least `percent` of them did not exceed (nearest rank); nullopt without any.
    std::optional<double> milliseconds(double percent) const {
        if (took_.empty()) return std::nullopt;
        const double rank = std::ceil(percent / 100 * static_cast<double>(took_.size()));
        return static_cast<double>(took_[static_cast<size_t>(std::max(1.0, rank)) - 1].count()) / 1000;
    }

  private:
    std::vector<Micros> took_;
    int64_t lost_ = 0;
};

// One of LATENCY LATEST: what made everybody wait in the server itself.
struct Spike {
    std::string event;
    int64_t time = 0, latest_ms = 0, worst_ms = 0;
};

Result<std::vector<Spike>> read_spikes(const redis::Value& reply) {
    if (reply.is_error()) return fail(redis::reply_error(reply, "LATENCY"));
    TRY_ASSIGN(const auto* events, reply.as_array());
    std::vector<Spike> spikes;
    for (const redis::Value& event : *events) {
        TRY_ASSIGN(const auto* parts, event.as_array());
        if (parts->size() < 4) return fail(ErrorCode::protocol, "an event of LATENCY LATEST has fewer than 4 parts");
        Spike spike{parts->at(0).text};
        TRY_ASSIGN(spike.time, parts->at(1).as_integer());
        TRY_ASSIGN(spike.latest_ms, parts->at(2).as_integer());
        TRY_ASSIGN(spike.worst_ms, parts->at(3).as_integer());
        spikes.push_back(std::move(spike));
    }
    return spikes;
}

// What a node says of itself; measured are the round trips.
struct Said {
    redis::Role role = redis::Role::unknown;
    std::optional<int64_t> threshold_ms;  // 0: it records no spikes
    std::vector<Spike> spikes;
    std::string doctor;
};

std::vector<redis::Request> questions() {
    std::vector<redis::Request> all = info_requests({});
    all.push_back({"LATENCY", "LATEST"});
    all.push_back({"LATENCY", "DOCTOR"});
    all.push_back({"CONFIG", "GET", "latency-monitor-threshold"});
    return all;
}

// LATENCY and CONFIG may be denied or renamed: then what they say is unknown.
Result<Said> said_by(const Result<std::vector<redis::Value>>& replies) {
    TRY_ASSIGN(const redis::InfoFields info, info_of(replies, {}));
    Said said;
    said.role = role_of(info);
    const size_t first = replies->size() - 3;
    if (Result<std::vector<Spike>> spikes = read_spikes(replies->at(first))) said.spikes = std::move(*spikes);
    if (const redis::Value& doctor = replies->at(first + 1); !doctor.is_error()) said.doctor = doctor.text;
    if (const auto pairs = redis::read_pairs(replies->at(first + 2), "CONFIG GET"))
        said.threshold_ms = redis::count_of(*pairs, "latency-monitor-threshold");
    return said;
}

// Rounds of PING to all of them until the end, or Ctrl-C. A round waits for the slowest.
void measure(Context& context, std::span<const fleet::Call> calls, const std::vector<RoundTrips*>& trips,
             Millis interval, Deadline end) {
    std::vector<bool> broken(calls.size());  // the next one connects first, which is no round trip
    while (!calls.empty() && !end.passed() && interrupt::count() == 0) {
        const Deadline next = Deadline::after(interval).earlier(end);
        const std::vector<fleet::Outcome> outcomes = context.fleet().exec(calls, Deadline::after(lost_after));
        for (size_t i = 0; i < outcomes.size(); i++) {
            const bool answered = outcomes[i].replies && !outcomes[i].replies->front().is_error();
            if (answered && !broken[i]) trips[i]->add(outcomes[i].took);
            if (!answered && interrupt::count() == 0) trips[i]->lose();
            broken[i] = !answered;
        }
        if (!context.loop().pause(next)) return;
    }
}

output::Cell time_cell(std::optional<double> milliseconds) {
    return milliseconds ? output::Cell(fmt::format("{:.2f}ms", *milliseconds)) : output::Cell();
}

output::Cell spikes_cell(const Said& said) {
    if (said.spikes.empty())
        return said.threshold_ms == 0 ? output::Cell("not recorded", output::Tone::dim) : output::Cell();
    std::string text;
    for (const Spike& spike : said.spikes)
        text += fmt::format("{}{} {}ms", text.empty() ? "" : ", ", printable(spike.event), spike.worst_ms);
    return {text, output::Tone::warn};
}

Json spikes_json(const std::vector<Spike>& spikes) {
    Json all = Json::array();
    for (const Spike& spike : spikes)
        all.push_back({{"event", spike.event},
                       {"time", rfc3339(spike.time)},
                       {"latestMs", spike.latest_ms},
                       {"worstMs", spike.worst_ms}});
    return all;
}

std::optional<Error> fill(const Result<Said>& said, const RoundTrips& trips, Row row) {
    const Said known = said ? *said : Said{};
    const auto at = [&](double percent) { return trips.milliseconds(percent); };
    row.json["role"] = redis::role_name(known.role);
    row.json["roundTrips"] = {{"count", trips.count()},         {"lost", trips.lost()},
                              {"minMs", value_or_null(at(0))},  {"p50Ms", value_or_null(at(50))},
                              {"p95Ms", value_or_null(at(95))}, {"p99Ms", value_or_null(at(99))},
                              {"maxMs", value_or_null(at(100))}};
    row.json["thresholdMs"] = value_or_null(known.threshold_ms);
    row.json["spikes"] = spikes_json(known.spikes);
    row.json["doctor"] = text_or_null(known.doctor);
    const bool lost = trips.lost() > 0;
    row.cells.insert(row.cells.end(),
                     {role_word(known.role), static_cast<int64_t>(trips.count()),
                      output::Cell(trips.lost(), lost ? output::Tone::bad : output::Tone::plain), time_cell(at(0)),
                      time_cell(at(50)), time_cell(at(95)), time_cell(at(99)), time_cell(at(100)), spikes_cell(known)});
    if (!said) return said.error();
    if (trips.count() > 0 || !lost) return std::nullopt;
    return Error{ErrorCode::timeout, "no PING was answered in time", fmt::format("{} were sent", trips.lost()), {}, {}};
}

Result<ExitCode> run(Context& context, const Options& options) {
    Millis duration = default_duration, interval = default_interval;
    if (!options.duration.empty()) {
        TRY_ASSIGN(duration, parse_duration(options.duration));
    }
    if (!options.interval.empty()) {
        TRY_ASSIGN(interval, parse_duration(options.interval));
    }
    // Connections stay open: what is measured is asking, not connecting.
    context.begin_operation("latency");
    TRY_ASSIGN(Asked asked, ask_each(context, options.nodes, questions(), Sentinels::left_out));
    std::vector<Result<Said>> said;
    std::vector<RoundTrips> trips(asked.nodes.size());
    std::vector<fleet::Call> pings;
    std::vector<RoundTrips*> measured;
    for (size_t i = 0; i < asked.nodes.size(); i++) {
        said.push_back(said_by(asked.nodes[i].replies));
        if (!said.back()) continue;
        pings.push_back({asked.nodes[i].node, {{"PING"}}});
        measured.push_back(&trips[i]);
    }
    const TimePoint began = SteadyClock::now();
    measure(context, pings, measured, interval, Deadline::after(duration));
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - began).count();
    for (RoundTrips& each : trips) each.sort();

    constexpr std::string_view through = "a round trip from here, over this route, not the server's own time";
    output::Document document("Latency", context.kube_context());
    document.set("overSeconds", seconds);
    const Answered answered = fill_rows(document, asked,
                                        {{"NODE"},
                                         {"ROLE"},
                                         output::numbers("PINGS"),
                                         output::numbers("LOST"),
                                         output::numbers("MIN"),
                                         output::numbers("P50"),
                                         output::numbers("P95"),
                                         output::numbers("P99"),
                                         output::numbers("MAX"),
                                         {"SPIKES"}},
                                        [&](const AskedNode& node, Row row) {
                                            const auto i = static_cast<size_t>(&node - asked.nodes.data());
                                            return fill(said[i], trips[i], row);
                                        });
    TRY(context.output().print(document));
    if (!output::is_document(context.output().settings().format))
        context.output().note(fmt::format("{:.1f} s, {}: {}", seconds, context.route(), through));
    return shown(answered);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--duration", "DURATION", "Measure for so long; 5s by default", &options->duration},
                    {"--interval", "DURATION", "Time from one PING to the next, 10ms by default", &options->interval}};
    spec.positionals = {nodes_to_show(options->nodes)};
    spec.examples = {"redisctl latency", "redisctl latency redis-0 --duration 30s", "redisctl latency --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command latency_command{"latency",
                                     Group::inspect,
                                     "Measure round trips to each node for a while, and show what made its server wait",
                                     Uses::target,
                                     {},
                                     bind,
                                     "Latency"};

}  // namespace redisctl
