#include "base/interrupt.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/look.h"
#include "commands/wait_for.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr Millis default_interval{1'000}, default_timeout{10'000};

struct Options {
    std::vector<std::string> conditions;
    std::string interval;
};

struct Seen {
    Result<Look> look = fail(ErrorCode::timeout, "nothing was seen");
    std::vector<std::string> missing;  // a sentence each; empty: all conditions hold
};

// What another look can mend: pods that are not there yet, a server that restarts. The rest is wrong for good.
bool may_pass(const Error& error) {
    switch (error.code) {
        case ErrorCode::unreachable:
        case ErrorCode::timeout:
        case ErrorCode::server:
        case ErrorCode::protocol:
        case ErrorCode::not_found:
            return true;
        default:
            return false;
    }
}

class Waiting {
  public:
    Waiting(Context& context, const Options& options) : context_(context), options_(options) {}

    Result<ExitCode> run() {
        TRY(read_options());
        const Deadline end = Deadline::after(context_.globals().timeout.value_or(default_timeout));
        context_.begin_operation("wait");
        context_.look_until(end);
        std::optional<Seen> last;
        while (true) {
            Seen now{look(context_), {}};
            if (interrupt::count() > 0) return fail(ErrorCode::interrupted, "interrupted while waiting");
            if (!now.look && (!context_.wired() || !may_pass(now.look.error()))) return fail(now.look.error());
            TRY(judge(now));
            // A password does not appear by waiting.
            if (now.look && shown(count_answers(*now.look)) == ExitCode::not_permitted)
                return say(now, ExitCode::not_permitted);
            // A look that was cut short saw less than the one before it.
            if (!last || !end.passed() || now.missing.empty()) last = std::move(now);
            if (last->missing.empty()) return say(*last, ExitCode::ok);
            if (end.passed()) return say(*last, ExitCode::unreachable);
            tell(last->missing);
            (void)context_.loop().pause(Deadline::after(interval_).earlier(end));  // the next look tells of a Ctrl-C
        }
    }

  private:
    Result<void> read_options() {
        if (options_.conditions.empty())
            return fail(ErrorCode::usage, "--for is missing: nothing to wait for",
                        "there are: healthy, master=NODE, replicas=N, lag<=SIZE", "redisctl wait --for healthy");
        for (const std::string& text : options_.conditions) {
            TRY_ASSIGN(WaitCondition condition, parse_wait_condition(text));
            conditions_.push_back(std::move(condition));
        }
        if (!options_.interval.empty()) {
            TRY_ASSIGN(interval_, parse_duration(options_.interval));
        }
        return {};
    }

    // Errors: a master is asked for, and there are several systems.
    Result<void> judge(Seen& seen) const {
        if (!seen.look) {
            seen.missing.push_back(seen.look.error().message);
            return {};
        }
        const std::vector<topology::Picture>& pictures = seen.look->pictures;
        for (const WaitCondition& condition : conditions_) {
            if (condition.kind == WaitCondition::Kind::master && pictures.size() > 1)
                return fail(ErrorCode::not_found,
                            fmt::format("{}: there are {} instances", condition.text, pictures.size()),
                            "one node is the master of one of them", "--instance " + pictures.front().name);
            for (const topology::Picture& picture : pictures)
                if (const std::string lack = missing(condition, picture); !lack.empty())
                    seen.missing.push_back(fmt::format("{}: not {}: {}", picture.full_name(), condition.text, lack));
        }
        return {};
    }

    // Only what is new.
    void tell(const std::vector<std::string>& missing) {
        const std::string now = fmt::format("{}", fmt::join(missing, "; "));
        if (now != told_) context_.output().note("waiting: " + printable(now));
        told_ = now;
    }

    Result<ExitCode> say(const Seen& seen, ExitCode code) {
        output::Document document("Wait", context_.kube_context());
        if (seen.look) {
            document = begin_document("Wait", context_, *seen.look);
            for (const topology::Picture& picture : seen.look->pictures) {
                document.add_item(item_of(picture));
                document.add_name(picture.full_name());
            }
            document.add_table(table_of(seen.look->pictures));
        }
        if (code == ExitCode::unreachable)
            document.add_error({"", "",
                                Error{ErrorCode::timeout,
                                      "the wait ended before all conditions held",
                                      fmt::format("{}", fmt::join(seen.missing, "; ")),
                                      "a longer --timeout",
                                      {}}});
        TRY(context_.output().print(document));
        return code;
    }

    output::Table table_of(const std::vector<topology::Picture>& pictures) const {
        using output::Tone;
        output::Table table{"", {{"INSTANCE"}, {"CONDITION"}, {"MET"}, {"MISSING"}}, {}};
        for (const topology::Picture& picture : pictures)
            for (const WaitCondition& condition : conditions_) {
                const std::string lack = missing(condition, picture);
                table.rows.push_back({picture.full_name(), condition.text,
                                      lack.empty() ? output::Cell("yes", Tone::good) : output::Cell("no", Tone::bad),
                                      lack});
            }
        return table;
    }

    Json item_of(const topology::Picture& picture) const {
        Json item{{"instance", picture.name}, {"namespace", text_or_null(picture.ns)}};
        item["master"] = text_or_null(picture.master);
        item["health"] = topology::health_name(picture.health);
        item["conditions"] = Json::array();
        for (const WaitCondition& condition : conditions_) {
            const std::string lack = missing(condition, picture);
            item["conditions"].push_back(
                {{"condition", condition.text}, {"met", lack.empty()}, {"missing", text_or_null(lack)}});
        }
        return item;
    }

    Context& context_;
    const Options& options_;
    std::vector<WaitCondition> conditions_;
    Millis interval_ = default_interval;
    std::string told_;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--for", "CONDITION",
                     "What to wait for: healthy, master=NODE, replicas=N (at least so many linked) or lag<=SIZE (of "
                     "each replica, and there "
                     "is one); may be repeated, then all must hold in one look",
                     &options->conditions},
                    {"--interval", "DURATION", "Time between two looks, 1s by default", &options->interval}};
    spec.examples = {"redisctl wait --for healthy --timeout 2m",
                     "redisctl wait --instance redis --for master=redis-0 --for replicas=2",
                     "redisctl wait --host db1:6379 --for 'lag<=1MiB'"};
    spec.run = [options](Context& context) { return Waiting(context, *options).run(); };
}

}  // namespace

extern const Command wait_command{
    "wait",       Group::look, "Wait until conditions hold, or say what is missing when --timeout has passed",
    Uses::target, {},          bind,
    "Wait"};

}  // namespace redisctl
