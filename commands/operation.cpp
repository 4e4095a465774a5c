#include "commands/operation.h"

#include "base/interrupt.h"
#include "base/text.h"
#include "commands/consent.h"
#include "commands/guardian.h"
#include "commands/operation_report.h"
#include "commands/unfinished.h"
#include "failover/conditions.h"
#include "failover/instance_lock.h"
#include "failover/lease_lock.h"
#include "failover/proof.h"
#include "failover/real_world.h"
#include "failover/unshared.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <memory>

namespace redisctl {

namespace {

using failover::Outcome;
using failover::Plan;
using failover::StepReport;
using failover::StepStatus;

// Tells of each step while it happens, and asks before it with --step.
class Teller final : public failover::Observer {
  public:
    Teller(output::Output& output, const Operation& operation) : output_(output), operation_(operation) {}

    void on(const failover::Step&, const StepReport& report) override {
        print_event(output_, operation_.id, ++seq_, report);
    }

    bool may_go_on(const failover::Step& step) override {
        if (!operation_.flags.step) return true;
        std::string question = fmt::format("{}: {}\n", step.id, step.why);
        for (const std::string& line : failover::lines_of(step.action)) question += "  " + line + "\n";
        const Result<bool> answer = ask_yes_no(question + "go on?", "--step needs a terminal");
        return answer && *answer;
    }

  private:
    output::Output& output_;
    const Operation& operation_;
    int seq_ = 0;
};

std::optional<int64_t> outage_of(const failover::Readings& readings) {
    if (!readings.window_opened || !readings.first_write || readings.first_write_unseen) return std::nullopt;
    return std::chrono::ceil<Millis>(*readings.first_write - *readings.window_opened).count();
}

// Two masters are worse than a failed step: nobody else would say so.
void look_for_second_master(failover::World& world, OperationResult& result) {
    // An abort that came too late left everything as it was.
    if (result.report.outcome == Outcome::refused) return;
    const std::vector<std::string> nodes{result.from, result.to};
    const auto views = failover::look_at(world, nodes, Deadline::after(Millis(2'000)));
    const auto is_master = [&](const std::string& node) {
        const auto& view = views.at(node);
        return view && view->role == redis::Role::master;
    };
    if (result.from == result.to || !is_master(result.from) || !is_master(result.to)) return;
    result.report.outcome = Outcome::incomplete;
    result.report.errors.insert(
        result.report.errors.begin(),
        Error{ErrorCode::conflict, fmt::format("{} and {} are both masters", result.from, result.to),
              "the old master was restarted in that role, or somebody else made it one again", "redisctl heal",
              "TWO_MASTERS"});
}

// Nobody was switched: what is lost is what the losers of a split had for themselves, read behind their fence.
void count_given_up(const Plan& plan, OperationResult& result) {
    for (const failover::Unshared& planned : plan.unshared) {
        const auto& saved = result.report.readings.saved;
        const auto read = std::find_if(saved.begin(), saved.end(),
                                       [&](const failover::Unshared& one) { return one.node == planned.node; });
        const failover::Unshared& one = read == saved.end() ? planned : *read;
        if (one.writes == 0) continue;
        result.lost_bytes =
            result.lost_bytes && one.bytes ? std::optional(*result.lost_bytes + *one.bytes) : std::nullopt;
        const std::string kept = one.file.empty() ? "not saved: " + one.reason
                                 : one.whole      ? "saved in " + one.file
                                                  : "the first of them saved in " + one.file;
        result.lost_reason += fmt::format("{}{} that only {} had, {}", result.lost_reason.empty() ? "" : "; ",
                                          failover::amount_of(one), one.node, kept);
    }
}

void measure(failover::World& world, const Plan& plan, OperationResult& result) {
    const failover::Report& report = result.report;
    result.outage_ms = outage_of(report.readings);
    const bool emergency = plan.mode == failover::Mode::emergency;
    // The pod of the dead master is gone, and nobody else can be asked. Where masters are brought together they were
    // read.
    if (report.committed && plan.from.empty() && emergency && plan.unshared.empty()) {
        result.lost_reason = plan.loss_reason;
        result.resyncs = failover::resyncs_since(world, plan);
        return;
    }
    if (!report.committed || plan.from.empty()) {
        if (report.outcome != Outcome::unknown) result.lost_bytes = 0;
        if (report.committed) {
            count_given_up(plan, result);
            result.resyncs = failover::resyncs_since(world, plan);
        }
        return;
    }
    result.proof = failover::prove(world, plan, report.readings);
    result.resyncs = result.proof->resyncs;
    result.lost_bytes = result.proof->lost_bytes();
    if (!result.lost_bytes)
        result.lost_reason = emergency
                                 ? plan.loss_reason
                                 : "the old master's last offset cannot be read: it does not follow the new one by a "
                                   "partial resync";
    look_for_second_master(world, result);
    if (emergency && result.proof->resyncs[plan.from] == failover::Resync::none)
        result.report.warnings.push_back(
            Error{ErrorCode::refused, fmt::format("{} may call itself master when it comes back", plan.from),
                  plan.sentinels.empty() ? "its own configuration decides; two masters must not both take writes"
                                         : "the Sentinels demote it some ten seconds later; what it takes until then "
                                           "is lost",
                  plan.sentinels.empty() ? "redisctl heal" : "redisctl status", "OLD_MASTER_AWAY"});
}

std::vector<std::string> achieved_by(const Plan& plan, const failover::Report& report) {
    std::vector<std::string> sentences;
    for (const failover::Step& step : plan.steps)
        for (const StepReport& done : report.steps)
            if (done.id == step.id && done.status == StepStatus::done && !step.achieved.empty())
                sentences.push_back(step.achieved);
    return sentences;
}

// A process that wrote a journal that is ours now has ended, and its lock with it. A colleague's on another machine is
// waited for.
failover::Takeover takeover_of(const Environment& environment, const Operation& operation, output::Output& output) {
    failover::Takeover takeover = takeover_of_dead(environment, output);
    for (const failover::Recorded& one : operation.supersedes)
        takeover.dead.insert(one.holders.begin(), one.holders.end());
    if (!operation.recorded) return takeover;
    takeover.dead.insert(operation.recorded->holders.begin(), operation.recorded->holders.end());
    takeover.any = true;
    return takeover;
}

// Sentinels that were passed by, and not told, put somebody else in the new master's place; and a pause ends by itself.
bool is_guarded(const Operation& operation) {
    const bool others_would_go_on =
        operation.plan.engine == "sentinel-ahead" || failover::held_by(operation.plan) != nullptr;
    return others_would_go_on && operation.how != Continue::backward;
}

void end_superseded(const Environment& environment, const Operation& operation) {
    for (const failover::Recorded& recorded : operation.supersedes)
        if (auto journal = failover::Journal::reopen(environment, recorded.path, recorded.operation))
            (void)journal->end({{"outcome", "incomplete"}, {"clearedBy", operation.id}});
}

}  // namespace

OperationResult result_for(const Operation& operation) {
    OperationResult result;
    result.operation = operation.id;
    result.command = operation.plan.command;
    result.instance = operation.plan.instance;
    result.ns = operation.plan.ns;
    result.mode = operation.plan.mode;
    result.engine = operation.plan.engine;
    result.from = operation.plan.from;
    result.to = operation.plan.to;
    result.replica = operation.plan.replica;
    return result;
}

Result<void> consent_to(const ChangeFlags& flags, const std::string& name, bool must_name) {
    const std::string hint = "--confirm " + name;
    if (flags.confirm == name || (flags.yes && !must_name)) return {};
    if (!flags.confirm.empty())
        return fail(ErrorCode::refused, fmt::format("--confirm {} is not this instance", flags.confirm), {}, hint);
    if (!must_name) {
        TRY_ASSIGN(const bool yes, ask_yes_no("Go on?", "--yes"));
        if (!yes) return fail(ErrorCode::refused, "not confirmed");
        return {};
    }
    TRY_ASSIGN(const std::string typed,
               ask_line(fmt::format("Acknowledged writes can be lost. Type {} to go on: ", name), hint));
    if (typed != name) return fail(ErrorCode::refused, "not confirmed: another name was typed", {}, hint);
    return {};
}

Result<ExitCode> run_operation(Context& context, Operation operation) {
    output::Output& output = context.output();
    const auto refused = [&](const Error& error) { return end_early(context, result_for(operation), error); };
    if (!operation.recorded)
        if (const Result<void> clear = none_unfinished(context.environment(), operation.plan, operation.supersedes);
            !clear) return refused(clear.error());
    if (const Result<void> agreed = consent_to(operation.flags, operation.plan.instance, operation.must_name); !agreed)
        return refused(agreed.error());

    std::optional<Guardian> guardian;
    if (is_guarded(operation) && !Guardian::is_one(context.environment())) {
        auto started = Guardian::start(context, operation.id);
        if (!started) return refused(started.error());
        guardian.emplace(std::move(*started));
    }
    std::optional<failover::Journal> journal;
    if (operation.recorded) {
        auto reopened = failover::Journal::reopen(context.environment(), operation.recorded->path, operation.id);
        if (!reopened) return refused(reopened.error());
        journal = std::move(*reopened);
    }
    failover::RealWorld world(context.loop(), context.fleet(), *operation.instance, context.client());
    std::unique_ptr<failover::Lock> own;
    if (operation.lock == nullptr) {
        auto taken = failover::lock_instance(world, context.environment(), context.client(), operation.plan,
                                             operation.id, takeover_of(context.environment(), operation, output));
        if (!taken) return refused(taken.error());
        own = std::move(*taken);
    } else {
        operation.lock->note(failover::essence_of(operation.plan, operation.id));
    }
    failover::Lock* lock = own ? own.get() : operation.lock;
    world.hold(lock);
    if (!journal) {
        auto created = failover::Journal::create(context.environment(), operation.id, operation.plan);
        if (!created) return refused(created.error());
        journal = std::move(*created);
    }

    OperationResult result = result_for(operation);
    result.journal = journal->path();
    Teller teller(output, operation);
    {
        // The first Ctrl-C stops at the next safe point; the second leaves, and the journal says where.
        const interrupt::Patience patience(2);
        const std::set<std::string> begun = operation.recorded ? operation.recorded->intended : std::set<std::string>{};
        const auto final_offset = operation.recorded ? operation.recorded->final_offset : std::nullopt;
        result.report = operation.how == Continue::backward
                            ? failover::undo(world, *journal, teller, operation.plan, begun)
                            : failover::execute(world, *journal, teller, operation.plan, begun, final_offset);
        measure(world, operation.plan, result);
        result.achieved = achieved_by(operation.plan, result.report);
    }
    result.exit = exit_of(result.report);
    // An abort that comes too late leaves the operation to resume.
    const bool too_late = operation.how == Continue::backward && result.report.committed;
    const bool over =
        !too_late && result.report.outcome != Outcome::incomplete && result.report.outcome != Outcome::unknown;
    // Who cannot wait any more has not asked for what the Sentinels would make of it.
    if (guardian && !over && interrupt::count() > 1) {
        guardian->take_over();
        output.note("its guardian goes on with it: redisctl history");
    }
    // Killed between the two it is found done by a resume; the other way round its lock would keep everybody out.
    if (over) lock->note("");
    own.reset();
    if (over) {
        if (const Result<void> ended = journal->end(result_document(result)); !ended)
            result.report.warnings.push_back(ended.error());
        end_superseded(context.environment(), operation);
    }
    return print_result(context.output(), std::move(result));
}

}  // namespace redisctl
