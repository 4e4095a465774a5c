#include "commands/consent.h"
#include "commands/look.h"
#include "commands/one_instance.h"
#include "commands/operation.h"
#include "commands/operation_report.h"
#include "failover/conditions.h"
#include "failover/lease_lock.h"
#include "failover/real_world.h"
#include "net/endpoint.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using failover::Plan;
using failover::Recorded;

struct Flags {
    ChangeFlags change;
    std::vector<std::string> operation;
};

std::string listed(const std::vector<Recorded>& all) {
    std::string text;
    for (const Recorded& one : all)
        text += fmt::format("{}{} ({} of {}, {})", text.empty() ? "" : ", ", one.operation, one.plan.command,
                            one.plan.instance, one.started);
    return text;
}

// It goes on by its own command, and is undone by none: what it replaced may have been saved before.
Error of_its_own(const Recorded& recorded, Continue how) {
    const std::string what = fmt::format("operation {}, a {} of {},", recorded.operation, recorded.plan.command,
                                         recorded.plan.instance);
    if (how == Continue::forward)
        return {ErrorCode::refused, what + " is not resumed by this", "it goes on by its own command",
                recorded.goes_on_by, "OWN_COMMAND"};
    return {ErrorCode::refused, what + " is not undone by this",
            recorded.undone_by.empty() ? "nothing was saved of what was there before"
                                       : "what was there before was saved, and is written back by its own command",
            recorded.undone_by.empty() ? recorded.goes_on_by : recorded.undone_by, "OWN_COMMAND"};
}

// The one that is named, or the only one that is not finished. nullopt: none on this machine.
Result<std::optional<Recorded>> recorded_here(const Environment& environment, const std::string& wanted,
                                              Continue how) {
    std::vector<Error> unreadable;
    std::vector<Recorded> all = failover::read_journals(environment, unreadable);
    if (!wanted.empty()) {
        const auto named =
            std::find_if(all.begin(), all.end(), [&](const Recorded& one) { return one.operation == wanted; });
        if (named == all.end()) return std::optional<Recorded>();
        if (!named->goes_on_by.empty() && failover::is_left(*named)) return fail(of_its_own(*named, how));
        if (named->ended)
            return fail(ErrorCode::refused, fmt::format("operation {} is finished: {}", wanted, named->outcome), {},
                        "redisctl history");
        return std::optional(std::move(*named));
    }
    const auto last = std::ranges::find_if(all, [](const Recorded& one) { return !one.goes_on_by.empty(); });
    const auto own = last != all.end() && failover::is_left(*last) ? std::optional(*last) : std::nullopt;
    std::erase_if(all, [](const Recorded& one) { return one.ended || !one.goes_on_by.empty(); });
    if (all.empty() && own) return fail(of_its_own(*own, how));
    if (all.size() > 1)
        return fail(ErrorCode::not_found, "several operations are not finished", "there are: " + listed(all),
                    "redisctl resume " + all.front().operation);
    if (all.empty() && !unreadable.empty()) return fail(unreadable.front());
    return all.empty() ? std::optional<Recorded>() : std::optional(std::move(all.front()));
}

// What a colleague's run left on the Lease: the plan, but not how far it came. What is true is observed anyway.
Result<Recorded> recorded_on_lease(Context& context, const fleet::Instance& instance, const std::string& wanted) {
    TRY_ASSIGN(const auto holder, failover::LeaseLock::peek(*context.client(), instance.ns, instance.name,
                                                            Deadline::after(Millis(10'000))));
    const auto note = nlohmann::ordered_json::parse(holder ? holder->essence : "", nullptr, false);
    if (!note.is_object() || !note.contains("plan"))
        return fail(ErrorCode::not_found, fmt::format("no unfinished operation of {} is known", instance.full_name()),
                    "there is no journal on this machine, and none on the Lease", "redisctl status");
    Recorded recorded;
    recorded.operation = note.value("operation", "");
    if (!wanted.empty() && wanted != recorded.operation)
        return fail(ErrorCode::not_found, fmt::format("there is no operation {}", wanted),
                    "unfinished is: " + recorded.operation, "redisctl resume " + recorded.operation);
    TRY_ASSIGN(recorded.plan, failover::plan_from_json(note["plan"]));
    if (recorded.plan.steps.empty())
        return fail(Error{ErrorCode::refused,
                          fmt::format("a {} is not resumed", recorded.plan.command),
                          "the same again replaces what it had written, and goes on",
                          fmt::format("redisctl {} …", recorded.plan.command),
                          {}});
    for (const failover::Step& step : recorded.plan.steps)
        if (failover::changes(step.action)) recorded.intended.insert(step.id);
    TRY_ASSIGN(const failover::Journal journal,
               failover::Journal::create(context.environment(), recorded.operation, recorded.plan));
    recorded.path = journal.path();
    return recorded;
}

// Where the operation was, unless the user says where it is.
void aim(Context& context, const Plan& plan) {
    if (!plan.ns.empty()) return context.aim_at_instance(plan.context, plan.ns, plan.instance);
    std::vector<net::HostPort> hosts;
    std::vector<std::string> names{plan.from, plan.to};
    names.insert(names.end(), plan.others.begin(), plan.others.end());
    names.push_back(plan.master);
    for (const std::string& name : names)
        if (const auto host = net::parse_host_port(name, 6379)) hosts.push_back(*host);
    std::vector<net::HostPort> sentinels;
    for (const std::string& name : plan.sentinels)
        if (const auto host = net::parse_host_port(name, 26379)) sentinels.push_back(*host);
    context.aim_at_hosts(hosts, sentinels, plan.instance);
}

const topology::NodePicture* node_of(const topology::Picture& picture, const std::string& name) {
    const auto found = std::find_if(picture.nodes.begin(), picture.nodes.end(),
                                    [&](const topology::NodePicture& node) { return node.name == name; });
    return found == picture.nodes.end() ? nullptr : &*found;
}

bool is_master(const topology::Picture& picture, const std::string& name) {
    const topology::NodePicture* node = node_of(picture, name);
    return node && node->view && node->view->role == redis::Role::master;
}

// A pause that the killed run left ends by itself, and our lock is a write: whatever else is done, no write may be
// acknowledged there meanwhile. What is done afterwards gives the setting back, one way or the other.
void fence_what_is_held(failover::World& world, const OneInstance& one, const Recorded& recorded) {
    const failover::SentinelFailover* held = failover::held_by(recorded.plan);
    if (!held || !recorded.intended.contains("hold") || !is_master(one.facts.picture, held->from)) return;
    const failover::Ask refuse{held->from, held->refuse};
    (void)world.ask(std::span(&refuse, 1), Deadline::after(Millis(2'000)));
}

// It was only paused until now: is what it wrote since its last offset was read nothing but PINGs to its replicas?
bool nothing_written_since(failover::World& world, const Recorded& recorded) {
    constexpr int64_t ping = 14, most = 3 * ping;  // "*1\r\n$4\r\nPING\r\n", one every ten seconds
    const std::vector<std::string> nodes{recorded.plan.from};
    const auto views = failover::look_at(world, nodes, Deadline::after(Millis(2'000)));
    const auto& old = views.at(recorded.plan.from);
    if (!old || !old->master_offset || !recorded.final_offset) return false;
    const int64_t written = *old->master_offset - *recorded.final_offset;
    return written >= 0 && written <= most && written % ping == 0;
}

// Between its promotion by a Sentinel and our demotion of the old one there are two, and the old one takes no write.
bool fenced_by_us(failover::World& world, const Recorded& recorded) {
    const Plan& plan = recorded.plan;
    const auto run_id = plan.baseline.run_ids.find(plan.from);
    if (plan.engine != "sentinel" || run_id == plan.baseline.run_ids.end()) return false;
    if (failover::held_by(plan) && !nothing_written_since(world, recorded)) return false;
    const std::vector<failover::Condition> fenced{failover::SameProcess{plan.from, run_id->second},
                                                  failover::WritesRefused{plan.from}};
    return failover::all_hold(world, plan, fenced, Deadline::after(Millis(2'000))).truth == failover::Truth::yes;
}

Result<ExitCode> run(Context& context, const Flags& flags, Continue how) {
    const std::string wanted = flags.operation.empty() ? "" : flags.operation.front();
    TRY_ASSIGN(std::optional<Recorded> recorded, recorded_here(context.environment(), wanted, how));
    if (recorded) aim(context, recorded->plan);
    context.begin_operation(recorded ? recorded->operation : "resume");
    TRY_ASSIGN(OneInstance one, one_instance(context));
    if (!recorded) {
        if (!context.client())
            return fail(ErrorCode::not_found, "no unfinished operation is known", "there is no journal on this machine",
                        "redisctl history");
        TRY_ASSIGN(recorded, recorded_on_lease(context, one.facts.instance, wanted));
    }
    Operation operation;
    operation.id = recorded->operation;
    operation.instance = &one.facts.instance;
    operation.plan = recorded->plan;
    operation.flags = flags.change;
    operation.how = how;
    const Plan& plan = operation.plan;
    failover::RealWorld world(context.loop(), context.fleet(), one.facts.instance, context.client());
    // Who is asked first has no time to think about it: then two masters are for heal.
    if (flags.change.yes && changes_allowed(context.environment())) fence_what_is_held(world, one, *recorded);
    const bool two =
        plan.from != plan.to && is_master(one.facts.picture, plan.from) && is_master(one.facts.picture, plan.to);
    if (two && !fenced_by_us(world, *recorded))
        return end_early(context, result_for(operation),
                         Error{ErrorCode::refused, fmt::format("{} and {} are both masters", plan.from, plan.to),
                               "one of them was restarted, or promoted by somebody else: which one is right is not for "
                               "this operation to say",
                               "redisctl heal", "TWO_MASTERS"});
    operation.recorded = std::move(*recorded);
    return run_operation(context, std::move(operation));
}

template <Continue how>
void bind(Spec& spec) {
    auto flags = std::make_shared<Flags>();
    spec.options = change_options(flags->change);
    std::erase_if(spec.options, [](const Option& option) { return option.names == "--dry-run"; });
    spec.positionals = {{"OPERATION", "Which one, as history shows it; the only unfinished one by default",
                         &flags->operation, false, false, ""}};
    const std::string name = how == Continue::forward ? "resume" : "abort";
    spec.examples = {"redisctl " + name, "redisctl " + name + " 3f9c1a02b7d4 --yes"};
    spec.run = [flags](Context& context) { return run(context, *flags, how); };
}

}  // namespace

extern const Command resume_command{"resume",
                                    Group::change,
                                    "Finish a change that was interrupted or killed",
                                    Uses::target,
                                    {},
                                    bind<Continue::forward>,
                                    "OperationResult"};
extern const Command abort_command{"abort",
                                   Group::change,
                                   "Undo a change that was interrupted or killed",
                                   Uses::target,
                                   {},
                                   bind<Continue::backward>,
                                   "OperationResult"};

}  // namespace redisctl
