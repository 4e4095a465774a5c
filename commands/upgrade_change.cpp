#include "commands/upgrade_change.h"

#include "base/text.h"
#include "commands/examination.h"
#include "commands/one_instance.h"
#include "commands/operation.h"
#include "commands/operation_report.h"
#include "commands/upgrade_checks.h"
#include "commands/upgrade_roll.h"
#include "commands/upgrade_state.h"
#include "commands/upgrade_view.h"
#include "failover/candidates.h"
#include "failover/journal.h"
#include "failover/pre_checks.h"
#include "kube/resource.h"
#include "topology/home.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl {

namespace {

using failover::Check;
using failover::Facts;

constexpr Millis review_in{5'000};
constexpr int64_t default_max_lag = 1024 * 1024;

class ImageChange {
  public:
    ImageChange(Context& context, const UpgradeFlags& flags, UpgradeWay way)
        : context_(context), flags_(flags), way_(way) {
        job_.id = failover::new_operation();
        job_.command = result_.operation.command = way == UpgradeWay::forward ? "upgrade run" : "upgrade rollback";
        job_.flags = flags.change;
        job_.max_lag = default_max_lag;
    }

    Result<ExitCode> run() {
        TRY(read_flags());
        context_.begin_operation(job_.id);
        TRY_ASSIGN(OneInstance one, one_instance(context_));
        const Facts& facts = one.facts;
        OperationResult& operation = result_.operation;
        operation.instance = facts.picture.name;
        operation.ns = facts.picture.ns;
        failover::Wish wish;
        wish.overrides = job_.overrides;
        TRY(survey(context_, one, "redisctl:" + job_.id, wish));
        if (const Result<void> found = find_work(facts); !found) return refused(found.error());
        if (work_.empty() && !begun_) return end_early(context_, operation, std::nullopt);
        TRY_ASSIGN(UpgradePlan plan, plan_for(facts, wish));
        TRY(show_upgrade_plan(context_.output(), plan, flags_.change.dry_run));
        if (std::any_of(plan.plan.checks.begin(), plan.plan.checks.end(), failover::refuses))
            return refused(refused_by("the upgrade", plan.plan.checks));
        if (flags_.change.dry_run) return ExitCode::ok;
        if (const Result<void> agreed = consent_to(flags_.change, facts.picture.name); !agreed)
            return refused(agreed.error());
        operation.operation = job_.id;
        const WaysOn ways = ways_on(facts.picture);
        run_roll(context_, plan.plan, std::move(job_), result_);
        return print_upgrade_result(context_.output(), std::move(result_), ways);
    }

  private:
    Result<ExitCode> refused(const Error& why) {
        if (why.code != ErrorCode::refused) return fail(why);
        return end_early(context_, result_.operation, why);
    }

    Result<void> read_flags() {
        if (context_.globals().without_kubernetes())
            return fail(ErrorCode::not_found, "plain hosts have no image",
                        "--host and --sentinel look at no Kubernetes", "redisctl upgrade run -n NAMESPACE");
        if (!context_.globals().nodes.empty())
            return fail(ErrorCode::usage, "--node is not for an upgrade", "all nodes get the same image");
        if (way_ == UpgradeWay::forward && (flags_.image.empty() || flags_.image.find_first_of(" \t\n") != std::string::npos))
            return fail(ErrorCode::usage, "--image is not given", "or no image's name",
                        "redisctl upgrade run --image REGISTRY/REPOSITORY:TAG");
        if (!flags_.wait.empty()) {
            TRY_ASSIGN(job_.patience, parse_duration(flags_.wait));
        }
        if (!flags_.max_bytes.empty()) {
            TRY_ASSIGN(const uint64_t bytes, parse_bytes(flags_.max_bytes));
            job_.max_lag = static_cast<int64_t>(bytes);
        }
        const auto& ours = overridable_upgrade_checks();
        for (const std::string& name : flags_.overrides)
            (std::find(ours.begin(), ours.end(), name) != ours.end() ? own_overrides_ : job_.overrides).push_back(name);
        // A slip of the pen is not to be found out in the middle.
        std::vector<Check> none;
        return failover::apply_overrides(none, job_.overrides);
    }

    // Which StatefulSets, from which image to which, and whose pods.
    Result<void> find_work(const Facts& facts) {
        TRY_ASSIGN(job_.sets, find_sets(*context_.client(), facts.instance, facts.picture, flags_.container));
        begun_ = std::any_of(job_.sets.begin(), job_.sets.end(), [](const UpgradedSet& set) { return set.begun; });
        std::string of_operation;
        for (const UpgradedSet& set : job_.sets)
            if (set.begun) of_operation = set.previous.operation;
        record_ = find_record(context_.environment(), context_.kube_context(), facts.picture.ns, facts.picture.name,
                              of_operation);
        for (UpgradedSet& set : job_.sets) {
            TRY_ASSIGN(set.image, image_for(set, facts.picture));
            if (set.begun) continue;
            set.previous.operation = job_.id;
            // Back from an upgrade that is over: where that came from is where this goes, also when it is asked again.
            if (way_ == UpgradeWay::back) set.previous.image = set.image;
        }
        for (const fleet::Node& node : facts.instance.nodes) {
            const kube::Pod* pod = pod_of(facts.instance, node.name);
            if (pod == nullptr) continue;
            const bool same_template = std::all_of(job_.sets.begin(), job_.sets.end(), [](const UpgradedSet& set) {
                return set.rollout.find(set.container)->image == set.image;
            });
            const std::string image = image_of(job_.sets, *pod), wanted = wanted_of(*pod);
            if (image != wanted || (same_template && !is_upgraded(job_.sets, *pod))) work_.push_back(node.name);
        }
        std::stable_sort(work_.begin(), work_.end(), [&](const std::string& a, const std::string& b) {
            const std::string& master = facts.picture.master;
            return (a == master) != (b == master) ? b == master : natural_less(b, a);
        });
        return {};
    }

    std::string wanted_of(const kube::Pod& pod) const {
        for (const UpgradedSet& set : job_.sets)
            if (set.rollout.set.meta.name == set_of(pod)) return set.image;
        return {};
    }

    Result<std::string> image_for(const UpgradedSet& set, const topology::Picture& picture) const {
        if (way_ == UpgradeWay::forward) return flags_.image;
        if (set.begun) return set.previous.image;
        if (record_)
            for (const PreviousSet& one : record_->sets)
                if (one.set == set.rollout.set.meta.name) return one.image;
        if (begun_) return set.rollout.find(set.container)->image;
        return fail(Error{ErrorCode::refused, fmt::format("no upgrade of {} is known here", picture.full_name()),
                          "its StatefulSets carry no note of one, and this machine has no record of one",
                          "redisctl upgrade run --image THE-IMAGE-OF-BEFORE", "NO_RECORD"});
    }

    Result<UpgradePlan> plan_for(const Facts& facts, const failover::Wish& wish) {
        UpgradePlan plan;
        plan.image = job_.sets.front().image;
        failover::Plan& head = plan.plan;
        head.command = job_.command;
        head.instance = facts.picture.name;
        head.ns = facts.picture.ns;
        head.system = facts.picture.system;
        head.context = context_.kube_context();
        head.master = facts.picture.master;
        const UpgradeState now = upgrade_state(context_, facts.instance, facts.picture);
        TRY_ASSIGN(const std::vector<Gate> gates, gates_before(facts, now));
        TRY_ASSIGN(const std::vector<kube::Review> reviews,
                   kube::review_access(*context_.client(), accesses(facts), Deadline::after(review_in)));
        head.checks = upgrade_checks({facts, job_.sets, gates, record_, reviews});
        TRY(failover::apply_overrides(head.checks, own_overrides_, overridable_upgrade_checks()));
        const bool moves_master = !work_.empty() && work_.back() == facts.picture.master;
        if (!begun_ && moves_master) TRY(look_at_switch(facts, wish, head.checks));
        if (!begun_) {
            job_.is_new = way_ == UpgradeWay::forward;
            if (job_.is_new) {
                job_.record = UpgradeRecord{job_.id, head.context, head.instance, head.ns, head.system, now, {}, {}};
                for (const UpgradedSet& set : job_.sets) job_.record->sets.push_back(set.previous);
            }
        }
        if (!job_.is_new) job_.record = record_;
        add_steps(facts, moves_master, plan);
        add_notes(facts, head.notes);
        return plan;
    }

    // Those of `upgrade check`, by all that can be found. Where an upgrade is not over they cannot hold.
    Result<std::vector<Gate>> gates_before(const Facts& facts, const UpgradeState& now) {
        if (begun_) return std::vector<Gate>{};
        TRY_ASSIGN(const Look seen, examine(context_));
        context_.begin_operation(job_.id);
        for (const topology::Picture& picture : seen.pictures)
            if (picture.full_name() == facts.picture.full_name()) return gates_of_any_time(picture, now, job_.max_lag);
        return fail(ErrorCode::conflict, fmt::format("{} is not there any more", facts.picture.full_name()));
    }

    std::vector<kube::Access> accesses(const Facts& facts) const {
        namespace resource = kube::resource;
        std::vector<kube::Access> needed;
        for (const UpgradedSet& set : job_.sets)
            for (const char* verb : {"get", "patch"})
                needed.push_back(
                    kube::access_to(verb, resource::stateful_sets, facts.instance.ns, set.rollout.set.meta.name));
        for (const std::string& node : work_)
            needed.push_back(kube::access_to("delete", resource::pods, facts.instance.ns,
                                             pod_of(facts.instance, node)->meta.name));
        return needed;
    }

    // What would refuse the switch later is better known before anything is changed.
    static Result<void> look_at_switch(const Facts& facts, const failover::Wish& wish, std::vector<Check>& checks) {
        const failover::Choice choice = failover::choose(facts, wish, failover::Mode::planned);
        if (!choice.node) {
            checks.push_back({"switch", failover::Verdict::block, facts.master, choice.node.error().message,
                              "a replica that can be the master", choice.node.error().hint, false, false});
            return {};
        }
        TRY_ASSIGN(const std::vector<Check> of_switch, failover::pre_checks(facts, wish, *choice.node));
        for (const Check& check : of_switch) {
            const bool known = std::any_of(checks.begin(), checks.end(),
                                           [&](const Check& one) { return one.name == check.name; });
            if (!known) checks.push_back(check);
        }
        return {};
    }

    void add_steps(const Facts& facts, bool moves_master, UpgradePlan& plan) const {
        if (job_.is_new)
            plan.steps.push_back({"save-state", "what there is now is kept, for upgrade verify and upgrade rollback",
                                  {"a file beside the journals"}});
        ListedStep hold{"hold", "the pod template gets the image, and Kubernetes replaces no pod by itself", {}};
        ListedStep give_back{"give-back", "the StatefulSet gets back how it was updated before", {}};
        for (const UpgradedSet& set : job_.sets) {
            const std::string& name = set.rollout.set.meta.name;
            hold.lines.push_back(fmt::format("patch statefulset {}: container {} {}, updateStrategy OnDelete", name,
                                             set.container, set.image));
            give_back.lines.push_back(fmt::format("patch statefulset {}: updateStrategy {}", name,
                                                  set.previous.strategy));
        }
        plan.steps.push_back(std::move(hold));
        const std::string home = topology::home_pod(facts.instance, facts.picture.system);
        for (const std::string& node : work_) {
            if (node == facts.picture.master)
                plan.steps.push_back({"switch", fmt::format("a replica that was replaced takes over from {}", node),
                                      {"redisctl switchover, under the same lock"}, false, node});
            const kube::Pod* pod = pod_of(facts.instance, node);
            plan.steps.push_back({"replace-" + node,
                                  fmt::format("{} comes back with the image, follows, and has caught up", node),
                                  {fmt::format("delete pod {} (uid {})", pod->meta.name, pod->meta.uid)}, false, node});
        }
        if (moves_master && !home.empty())
            plan.steps.push_back({"return-home", "the chart makes it the master at every start",
                                  {fmt::format("redisctl switchover --promote {}, under the same lock", home)}, false,
                                  home});
        plan.steps.push_back(std::move(give_back));
        plan.steps.push_back({"verify", "findings, links, lag, one version, and the keys of before", {"INFO, of each node"}});
    }

    void add_notes(const Facts& facts, std::vector<std::string>& notes) const {
        if (begun_) notes.emplace_back("an upgrade is not over: pods that run the image already are left as they are");
        if (begun_ && !record_)
            notes.emplace_back("the state of before was saved on another machine: keys are not compared with it");
        for (const UpgradedSet& set : job_.sets) {
            const auto managed = set.rollout.set.meta.labels.find("app.kubernetes.io/managed-by");
            if (managed != set.rollout.set.meta.labels.end() && managed->second == "Helm")
                notes.push_back(fmt::format("Helm does not know of it: name the image of StatefulSet {} in its values "
                                            "too, or the next helm upgrade takes it back",
                                            set.rollout.set.meta.name));
        }
        if (!facts.picture.sentinels.empty())
            notes.emplace_back("only the Redis container gets the image; Sentinels keep theirs");
    }

    WaysOn ways_on(const topology::Picture& picture) const {
        const std::string where = fmt::format(" -n {} --instance {}", picture.ns, picture.name);
        WaysOn ways;
        ways.back = "redisctl upgrade rollback" + where;
        ways.on = way_ == UpgradeWay::back
                      ? ways.back
                      : fmt::format("redisctl upgrade run --image {}{}", printable(flags_.image), where);
        if (way_ == UpgradeWay::back) ways.back = "redisctl upgrade run --image IMAGE" + where;
        return ways;
    }

    Context& context_;
    const UpgradeFlags& flags_;
    UpgradeWay way_;
    RollJob job_;
    RollResult result_;
    std::vector<std::string> own_overrides_, work_;  // work_: nodes, in the order in which they are replaced
    std::optional<UpgradeRecord> record_;
    bool begun_ = false;
};

}  // namespace

std::vector<Option> upgrade_options(UpgradeFlags& flags) {
    std::vector<Option> options{
        {"--container", "NAME", "The container that is Redis; the one that listens on its port by default",
         &flags.container},
        {"--wait", "DURATION", "Longest time for one pod to come back and to catch up, 5m by default", &flags.wait},
        {"--max-bytes", "SIZE", "A replica that is so far behind has caught up; 1MiB by default", &flags.max_bytes},
        {"--override", "CHECK",
         "Go on although this check refuses, of the upgrade or of the switch; only some can be overridden; may be "
         "repeated",
         &flags.overrides}};
    for (Option& option : change_options(flags.change)) options.push_back(std::move(option));
    return options;
}

Result<ExitCode> change_image(Context& context, const UpgradeFlags& flags, UpgradeWay way) {
    return ImageChange(context, flags, way).run();
}

}  // namespace redisctl
