#include "failover/guard.h"

#include "base/interrupt.h"
#include "base/text.h"
#include "commands/change_flags.h"
#include "commands/consent.h"
#include "commands/look.h"
#include "commands/one_instance.h"
#include "commands/operation_report.h"
#include "commands/views.h"
#include "failover/guard_attach.h"
#include "failover/journal.h"
#include "failover/lease_lock.h"
#include "topology/home.h"
#include "topology/join.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace redisctl {

namespace {

using failover::Judgement;
using failover::LeaseLock;
using failover::StepReport;
using failover::StepStatus;

struct Flags {
    bool yes = false;
    std::string interval;
};

class Watching {
  public:
    Watching(Context& context, const Flags& flags) : context_(context), flags_(flags), id_(failover::new_operation()) {}

    Result<ExitCode> run() {
        if (!flags_.interval.empty()) {
            TRY_ASSIGN(interval_, parse_duration(flags_.interval));
        }
        // Not by its id: switches refuse while another operation is connected, and may go on beside a guard, which does
        // nothing while the instance is locked.
        context_.begin_operation("guard");
        result_.operation = id_;
        result_.command = "guard";
        TRY_ASSIGN(OneInstance one, one_instance(context_));
        const topology::Picture& picture = one.facts.picture;
        result_.instance = name_ = picture.name;
        result_.ns = ns_ = picture.ns;
        if (const std::optional<Error> why = why_not(one)) return end_early(context_, result_, why);
        if (!flags_.yes) {
            const Result<bool> agreed = ask_yes_no(
                fmt::format("Watch {} and attach what comes back as a second master?", picture.full_name()), "--yes");
            if (!agreed) return end_early(context_, result_, agreed.error());
            if (!*agreed) return end_early(context_, result_, Error{ErrorCode::refused, "not confirmed", {}, {}, {}});
        }
        auto lease = take_lease();
        if (!lease) return end_early(context_, result_, lease.error());
        guard_.see(one.facts.instance, picture, where_services_lead(picture));
        say({"watch", guard_.master(), StepStatus::started, {}, {}},
            fmt::format("watching {} every {} ms", picture.full_name(), interval_.count()));
        act(one.facts.instance);
        while (pause()) {
            const Result<void> kept = (*lease)->keep(2 * interval_);
            if (kept)
                look_again();
            else if (kept.error().reason == "LOCK_LOST")
                return finish_with(result_.report.changed ? ExitCode::incomplete : ExitCode::refused, kept.error());
            else
                cannot_look(kept.error());  // without the Lease nothing is done
        }
        return finish_with(ExitCode::ok, std::nullopt);
    }

  private:
    std::optional<Error> why_not(const OneInstance& one) const {
        const topology::Picture& picture = one.facts.picture;
        if (context_.in_kubernetes() && !topology::home_pod(one.facts.instance, picture.system).empty())
            return std::nullopt;
        return Error{
            ErrorCode::refused, fmt::format("{} needs no guard", picture.full_name()),
            fmt::format("its system is {}: no chart makes one of its pods the master at every start", picture.system),
            "redisctl status", "NO_HOME"};
    }

    // One of the first look's reasons; the looks after it do without the Services.
    static std::string where_services_lead(const topology::Picture& picture) {
        std::string node;
        for (const topology::ServicePicture& service : picture.services) {
            if (service.type != "master") continue;
            if (service.ready.size() != 1 || (!node.empty() && node != service.ready.front())) return {};
            node = service.ready.front();
        }
        return node;
    }

    std::string guard_name() const { return "guard-" + name_; }
    std::string holder() const { return failover::holder_identity(context_.environment(), id_); }

    Result<std::unique_ptr<LeaseLock>> take_lease() {
        failover::Takeover takeover;
        takeover.any = true;
        takeover.wait = [this](const std::string& other) {
            context_.output().note(
                fmt::format("another guard, {}, holds the lock; waiting to see whether it lives", printable(other)));
        };
        auto lease = LeaseLock::acquire(*context_.client(), ns_, guard_name(), holder(), takeover);
        if (!lease && lease.error().reason == "LOCKED")
            return fail(Error{ErrorCode::refused, fmt::format("another guard watches {}", name_), lease.error().cause,
                              "one is enough", "LOCKED"});
        return lease;
    }

    // False when it is to end.
    bool pause() {
        const Result<void> slept = context_.loop().pause(Deadline::after(interval_));
        return interrupt::count() == 0 && slept;
    }

    // One API call and one round trip.
    void look_again() {
        Result<fleet::Found> found = context_.find(Context::Services::left_out);
        if (!found) return cannot_look(found.error());
        std::vector<fleet::Instance>& instances = found->inventory.instances;
        std::erase_if(instances, [&](const fleet::Instance& one) { return one.name != name_ || one.ns != ns_; });
        if (instances.empty())
            return cannot_look({ErrorCode::not_found, fmt::format("{} has no pods any more", name_), {}, {}, {}});
        std::vector<Views> views(1);
        ask_views(context_, instances, views);
        const std::string before = guard_.master();
        guard_.see(instances.front(), topology::join(instances.front(), views.front(), context_.globals().system), {});
        if (guard_.master() != before)
            say({"master", guard_.master(), StepStatus::done, {}, {}},
                fmt::format("{} is the master now, not {}", guard_.master(), before));
        act(instances.front());
    }

    void cannot_look(const Error& error) {
        if (error.code != ErrorCode::interrupted) raise({{"", error}});
    }

    void act(const fleet::Instance& instance) {
        const interrupt::Patience patience(2);  // the first Ctrl-C waits for what was begun
        std::map<std::string, Result<failover::OwnWrites>> writes =
            failover::ask_own_writes(context_.fleet(), instance, guard_.suspects());
        Judgement judgement = guard_.judge(writes);
        if (!judgement.attach.empty()) {
            // Not in the middle of somebody's switch: it knows what it does.
            const auto lock = LeaseLock::acquire(*context_.client(), ns_, name_, holder(), {});
            for (const Judgement::Attach& one : judgement.attach) {
                if (lock)
                    attach(instance, one);
                else
                    judgement.alarms.push_back({one.node, lock.error()});
            }
        }
        raise(judgement.alarms);
    }

    void attach(const fleet::Instance& instance, const Judgement::Attach& one) {
        const TimePoint began = SteadyClock::now();
        say({"attach", one.node, StepStatus::started, {}, {}}, "");
        const Result<void> attached = failover::attach(context_.fleet(), instance, guard_, one);
        result_.report.changed = result_.report.changed || attached;
        const auto took = std::chrono::duration_cast<Micros>(SteadyClock::now() - began);
        say({"attach", one.node, attached ? StepStatus::done : StepStatus::failed, took,
             attached ? std::nullopt : std::optional(attached.error())},
            fmt::format("{} came back as {} and follows {}", one.node,
                        one.was_master ? "a second master" : "a replica of the home pod", guard_.master()));
    }

    // Each alarm is told when it begins and when it has ended, not at every look.
    void raise(const std::vector<Judgement::Alarm>& alarms) {
        std::map<std::string, std::string> now;
        for (const Judgement::Alarm& alarm : alarms) {
            now[alarm.node] = alarm.error.message + alarm.error.cause;
            if (const auto told = alarms_.find(alarm.node); told != alarms_.end() && told->second == now[alarm.node])
                continue;
            say({"alarm", alarm.node, StepStatus::failed, {}, alarm.error}, "");
            if (!output::is_document(context_.output().settings().format)) context_.output().error(alarm.error);
        }
        for (const auto& [node, what] : alarms_)
            if (!now.contains(node)) say({"calm", node, StepStatus::done, {}, {}}, "the alarm is over");
        alarms_ = std::move(now);
    }

    void say(const StepReport& report, const std::string& sentence) {
        output::Output& output = context_.output();
        if (output::is_document(output.settings().format)) {
            (void)print_document(output, event_document(id_, ++seq_, report));
            return;
        }
        if (report.error)
            output.note(fmt::format("{} {}: {}", report.id, printable(report.node), printable(report.error->message)));
        else if (!sentence.empty())
            (void)output.write(sentence + "\n");
    }

    Result<ExitCode> finish_with(ExitCode code, const std::optional<Error>& why) {
        if (why) {
            result_.report.outcome =
                code == ExitCode::refused ? failover::Outcome::refused : failover::Outcome::incomplete;
            result_.report.errors.push_back(*why);
            context_.output().error(*why);
        } else {
            result_.report.outcome = result_.report.changed ? failover::Outcome::done : failover::Outcome::noop;
        }
        result_.to = guard_.master();
        result_.exit = code;
        if (output::is_document(context_.output().settings().format))
            TRY(print_document(context_.output(), result_document(result_)));
        return code;
    }

    Context& context_;
    const Flags& flags_;
    std::string id_, name_, ns_;
    Millis interval_{1'000};
    failover::Guard guard_;
    OperationResult result_;
    std::map<std::string, std::string> alarms_;  // by node: what was told
    int seq_ = 0;
};

void bind(Spec& spec) {
    auto flags = std::make_shared<Flags>();
    spec.options = {{"--interval", "DURATION", "Time between two looks, 1s by default", &flags->interval},
                    {"-y,--yes", "", "Do not ask", &flags->yes}};
    spec.examples = {"redisctl guard", "redisctl guard --instance my-redis --yes --json",
                     "redisctl guard --interval 500ms"};
    spec.run = [flags](Context& context) { return Watching(context, *flags).run(); };
}

}  // namespace

extern const Command guard_command{
    "guard",
    Group::change,
    "Stay, and attach pods that come back as a second master, while the master is away from home",
    Uses::target,
    {},
    bind,
    "OperationResult"};

}  // namespace redisctl
