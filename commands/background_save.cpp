// `bgsave` and `aof-rewrite`: a server forks and writes all its data, and says how that went only when it is asked.
#include "base/interrupt.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/ask_each.h"
#include "commands/background_saving.h"
#include "commands/command.h"
#include "commands/info_fields.h"
#include "commands/node_names.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using redis::InfoFields;

constexpr Millis longest_wait{3'600'000}, look_again{200}, one_look{2'000};

struct Options {
    std::vector<std::string> nodes;
    bool wait = false;
};

class BackgroundSave {
  public:
    BackgroundSave(Context& context, const Options& options, const SavingKind& kind, std::string_view document)
        : context_(context), options_(options), kind_(kind), document_(document) {}

    Result<ExitCode> run() {
        context_.begin_operation(lower(kind_.command.front()));
        // Nothing is begun before it is known what can be: a rewrite of an AOF that is off would be of no use.
        TRY_ASSIGN(asked_, ask_each(context_, options_.nodes, info_requests({"persistence"}), Sentinels::left_out));
        savings_.resize(asked_.nodes.size());
        std::vector<fleet::Call> calls;
        std::vector<size_t> called;
        for (size_t i = 0; i < savings_.size(); i++) {
            look_before(i);
            if (savings_[i].error) continue;
            calls.push_back({asked_.nodes[i].node, requests_to_begin(kind_)});
            called.push_back(i);
        }
        const std::vector<fleet::Outcome> outcomes = context_.ask_further(calls);
        for (size_t i = 0; i < called.size(); i++) take_start(kind_, savings_[called[i]], outcomes[i].replies);
        const bool to_the_end = !options_.wait || wait();
        context_.output().progress({});
        TRY_ASSIGN(const ExitCode code, print());
        return to_the_end ? code : ExitCode::interrupted;
    }

  private:
    void look_before(size_t i) {
        const Result<InfoFields> info = info_of(asked_.nodes[i].replies, {"persistence"});
        if (!info) {
            savings_[i].error = info.error();
            return;
        }
        savings_[i].role = role_of(*info);
        if (&kind_ == &rewrite_saving && redis::flag_of(*info, "aof_enabled") == false)
            savings_[i].error = Error{
                ErrorCode::refused, fmt::format("the AOF of {} is off", asked_.nodes[i].node->name),
                "there is nothing to rewrite", "redisctl bgsave, or redisctl config set appendonly yes", "AOF_OFF"};
    }

    // False after Ctrl-C: the servers go on.
    bool wait() {
        const Deadline end = Deadline::after(context_.globals().timeout.value_or(longest_wait));
        for (;;) {
            std::vector<fleet::Call> calls;
            std::vector<size_t> called;
            for (size_t i = 0; i < savings_.size(); i++) {
                if (!savings_[i].under_way()) continue;
                calls.push_back({asked_.nodes[i].node, info_requests({"persistence"})});
                called.push_back(i);
            }
            if (calls.empty()) return true;
            if (end.passed()) {
                for (const size_t i : called)
                    savings_[i].error = Error{ErrorCode::timeout,
                                              fmt::format("{} goes on", kind_.what),
                                              "it was not done in time",
                                              "redisctl persistence",
                                              {}};
                return true;
            }
            const std::vector<fleet::Outcome> outcomes = context_.fleet().exec(calls, Deadline::after(one_look));
            if (interrupt::count() > 0) return false;
            std::string progress;
            for (size_t i = 0; i < called.size(); i++) {
                look_at(kind_, savings_[called[i]], outcomes[i].replies);
                progress += progress_of(called[i], outcomes[i].replies);
            }
            context_.output().progress(progress);
            if (!context_.loop().pause(Deadline::after(look_again))) return false;
        }
    }

    std::string progress_of(size_t i, const Result<std::vector<redis::Value>>& replies) const {
        const Saving& saving = savings_[i];
        if (!saving.under_way()) return {};
        std::string how(name_of(saving.state));
        if (const Result<InfoFields> info = info_of(replies, {"persistence"})) {
            const auto keys = redis::count_of(*info, "current_save_keys_processed");
            const auto all = redis::count_of(*info, "current_save_keys_total");
            if (keys && all.value_or(0) > 0) how = fmt::format("{}%", 100 * *keys / *all);
        }
        return fmt::format("{}: {}  ", asked_.nodes[i].node->name, how);
    }

    Result<ExitCode> print() {
        output::Document document(document_, context_.kube_context());
        const Answered answered = fill_rows(
            document, asked_, {{"NODE"}, {"ROLE"}, {"STATE"}, output::numbers("TOOK"), output::numbers("COW")},
            [&](const AskedNode& node, Row row) -> std::optional<Error> {
                const Saving& saving = savings_[static_cast<size_t>(&node - asked_.nodes.data())];
                row.json["role"] = redis::role_name(saving.role);
                row.json["state"] = name_of(saving.state);
                row.json["seconds"] = value_or_null(saving.seconds);
                row.json["copyOnWriteBytes"] = value_or_null(saving.bytes);
                const output::Tone tone = saving.state == SavingState::done ? output::Tone::good
                                          : saving.error              ? output::Tone::bad
                                                                      : output::Tone::plain;
                row.cells.insert(row.cells.end(), {role_word(saving.role), output::Cell(name_of(saving.state), tone),
                                                   seconds_cell(saving.seconds), bytes_cell(saving.bytes)});
                return saving.error;
            });
        TRY(context_.output().print(document));
        const auto failed = [](const Saving& saving) { return saving.state == SavingState::failed; };
        if (std::ranges::any_of(savings_, failed)) return ExitCode::bad_answer;
        const auto refused = [](const Saving& saving) {
            return saving.error && saving.error->code == ErrorCode::refused;
        };
        return std::ranges::all_of(savings_, refused) ? ExitCode::refused : shown(answered);
    }

    Context& context_;
    const Options& options_;
    const SavingKind& kind_;
    std::string_view document_;
    Asked asked_;
    std::vector<Saving> savings_;
};

template <const SavingKind& kind>
void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    const bool snapshot = &kind == &snapshot_saving;
    const std::string name = snapshot ? "bgsave" : "aof-rewrite";
    spec.options = {{"--wait", "", "Wait until it is done, and tell whether it succeeded; as long as --timeout, or 1h",
                     &options->wait}};
    spec.positionals = {
        {"NODE", "Nodes that are to do it; all of them when none is named", &options->nodes, false, true, "node"}};
    spec.examples = {"redisctl " + name + " redis-1 --wait", "redisctl " + name + " --wait --timeout 10m --json"};
    spec.run = [options](Context& context) {
        return BackgroundSave(context, *options, kind, &kind == &snapshot_saving ? "BackgroundSave" : "AofRewrite").run();
    };
}

}  // namespace

extern const Command bgsave_command{
    "bgsave",        Group::change, "Let servers write an RDB to their disk in the background, as SAVE would not",
    Uses::target,    {"save"},      bind<snapshot_saving>,
    "BackgroundSave"};
extern const Command aof_rewrite_command{"aof-rewrite",
                                         Group::change,
                                         "Let servers write their AOF anew, without what was overwritten since",
                                         Uses::target,
                                         {},
                                         bind<rewrite_saving>,
                                         "AofRewrite"};

}  // namespace redisctl
