#include "failover/conditions.h"

#include "base/text.h"
#include "failover/sentinel_conditions.h"
#include "redis/sentinel_view.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace redisctl::failover {

namespace {

using redis::NodeView;
using redis::Role;

constexpr Millis one_look{500};

Holds yes() {
    return {Truth::yes, {}};
}
Holds no(std::string found) {
    return {Truth::no, std::move(found)};
}
Holds unknown(const Error& error) {
    return {Truth::unknown, error.cause.empty() ? error.message : fmt::format("{} ({})", error.message, error.cause)};
}
Holds yes_if(bool holds, std::string found) {
    return holds ? yes() : no(std::move(found));
}

// Which nodes a condition reads, and which of their settings.
struct Needs {
    std::set<std::string> nodes;
    std::set<std::pair<std::string, std::string>> settings;
    std::set<std::pair<std::string, std::string>> councils;  // a Sentinel, and the name of a master

    void operator()(const RoleIs& c) { nodes.insert(c.node); }
    void operator()(const SameProcess& c) { nodes.insert(c.node); }
    void operator()(const Follows& c) { nodes.insert(c.node), nodes.insert(c.master); }
    void operator()(const FollowsAddress& c) { nodes.insert(c.node); }
    void operator()(const SettingIs& c) { settings.insert({c.node, c.name}); }
    void operator()(const WritesRefused& c) { nodes.insert(c.node), settings.insert({c.node, minimum}); }
    void operator()(const HandsOver& c) { nodes.insert(c.node); }
    void operator()(const OffsetGapAtMost& c) { nodes.insert(c.master), nodes.insert(c.replica); }
    void operator()(const SentinelCalm& c) { councils.insert({c.node, c.master}); }
    void operator()(const SentinelKnows& c) { councils.insert({c.node, c.master}); }
    void operator()(const SentinelForgot& c) { councils.insert({c.node, c.master}); }
    void operator()(const SentinelWatches& c) { councils.insert({c.node, c.master}); }
    void operator()(const SentinelSettings& c) { councils.insert({c.node, c.master}); }
    template <class T>
    void operator()(const T&) {}

    static constexpr const char* minimum = "min-replicas-to-write";
};

std::string role_of(const std::string& node, const NodeView& view) {
    if (view.role != Role::replica) return fmt::format("{} is {}", node, redis::role_name(view.role));
    return fmt::format("{} is a replica of {}:{}, its link is {}", node, view.master_host, view.master_port.value_or(0),
                       view.link_up.value_or(false) ? "up" : "down");
}

class Examiner {
  public:
    Examiner(World& world, const Plan& plan, const Needs& needs, Deadline deadline)
        : world_(world), plan_(plan), deadline_(deadline) {
        std::vector<Ask> asks;
        for (const std::string& node : needs.nodes) asks.push_back({node, redis::node_view_requests()});
        for (const auto& [node, name] : needs.settings) asks.push_back({node, {{"CONFIG", "GET", name}}});
        for (const auto& [node, name] : needs.councils) asks.push_back(sentinel_question(node, name));
        const std::vector<Answer> answers = world.ask(asks, deadline);
        size_t i = 0;
        for (const std::string& node : needs.nodes)
            views_.emplace(node, answers[i] ? redis::parse_node_view(*answers[i]) : fail(answers[i].error())), i++;
        for (const auto& setting : needs.settings) settings_.emplace(setting, value(answers[i++]));
        for (const auto& council : needs.councils)
            sentinels_.emplace(council, read_sentinel(answers[i++], council.second));
    }

    Holds operator()(const RoleIs& c) const {
        return with(c.node, [&](const NodeView& view) {
            return yes_if(redis::role_name(view.role) == c.role, role_of(c.node, view));
        });
    }
    Holds operator()(const SameProcess& c) const {
        return with(c.node, [&](const NodeView& view) {
            return yes_if(view.run_id == c.run_id, fmt::format("{} was restarted: it is another process now", c.node));
        });
    }
    Holds operator()(const Follows& c) const {
        return with(c.node, [&](const NodeView& view) {
            const bool of_it = view.role == Role::replica &&
                               is_address_of(plan_, c.master, view.master_host, view.master_port.value_or(0));
            if (!of_it || !c.linked) return yes_if(of_it, role_of(c.node, view));
            const auto master = views_.find(c.master);
            if (!master->second) return unknown(master->second.error());
            const bool linked = view.link_up.value_or(false) && !view.sync_in_progress.value_or(true) &&
                                view.replid == master->second->replid;
            return yes_if(linked, role_of(c.node, view));
        });
    }
    Holds operator()(const FollowsAddress& c) const {
        return with(c.node, [&](const NodeView& view) {
            return yes_if(view.role == Role::replica && view.master_host == c.host && view.master_port == c.port,
                          role_of(c.node, view));
        });
    }
    Holds operator()(const SettingIs& c) const {
        const Result<std::string>& found = settings_.at({c.node, c.name});
        if (!found) return unknown(found.error());
        return yes_if(*found == c.value, fmt::format("{} has {} {}", c.node, c.name, *found));
    }
    Holds operator()(const WritesRefused& c) const {
        return with(c.node, [&](const NodeView& view) {
            if (view.role == Role::replica) return yes();
            const Result<std::string>& minimum = settings_.at({c.node, Needs::minimum});
            if (!minimum) return unknown(minimum.error());
            const bool refused = view.good_replicas && *view.good_replicas < std::atoll(minimum->c_str());
            return yes_if(refused, fmt::format("{} takes writes", c.node));
        });
    }
    Holds operator()(const HandsOver& c) const {
        return with(c.node, [&](const NodeView& view) {
            // Servers before 6.2 have no such field, and no such command.
            const std::string state = view.failover_state.empty() ? "no-failover" : view.failover_state;
            return yes_if((state != "no-failover") == c.under_way, fmt::format("{} says {}", c.node, state));
        });
    }
    Holds operator()(const OffsetGapAtMost& c) const {
        return with(c.master, [&](const NodeView& master) {
            return with(c.replica, [&](const NodeView& replica) {
                if (!master.master_offset || !replica.applied_offset)
                    return no(fmt::format("{} is no replica any more", c.replica));
                const int64_t gap = *master.master_offset - *replica.applied_offset;
                return yes_if(gap <= c.bytes, fmt::format("{} is {} bytes behind", c.replica, gap));
            });
        });
    }
    Holds operator()(const SelectorIs& c) const {
        const Result<kube::Service> service = world_.service(c.service);
        if (!service) return unknown(service.error());
        const std::map<std::string, std::string> found(service->selector.begin(), service->selector.end());
        std::vector<std::string> pairs;
        for (const auto& [key, value] : found) pairs.push_back(key + "=" + value);
        return yes_if(found == c.selector, fmt::format("Service {} selects {}", c.service, fmt::join(pairs, ",")));
    }
    Holds operator()(const EndpointsAre& c) const {
        const Result<std::vector<kube::EndpointSlice>> slices = world_.endpoints(c.service);
        if (!slices) return unknown(slices.error());
        std::set<std::string> pods;
        for (const kube::EndpointSlice& slice : *slices)
            for (const kube::Endpoint& endpoint : slice.endpoints)
                if (endpoint.ready) pods.insert(endpoint.pod.empty() ? endpoint.address : endpoint.pod);
        return yes_if(pods == std::set{c.pod},
                      fmt::format("Service {} leads to {}", c.service,
                                  pods.empty() ? "nothing" : fmt::format("{}", fmt::join(pods, ", "))));
    }
    Holds operator()(const LabelIs& c) const {
        const Result<kube::Pod> pod = world_.pod(c.pod);
        if (!pod) return unknown(pod.error());
        const auto found = pod->meta.labels.find(c.key);
        const std::string value = found == pod->meta.labels.end() ? "" : found->second;
        return yes_if(value == c.value, fmt::format("pod {} has {}={}", c.pod, c.key, value));
    }
    Holds operator()(const AnnotationIs& c) const {
        const Result<kube::Service> service = world_.service(c.service);
        if (!service) return unknown(service.error());
        const auto found = service->meta.annotations.find(c.key);
        const std::string value = found == service->meta.annotations.end() ? "" : found->second;
        return yes_if(value == c.value, fmt::format("Service {} has {}={}", c.service, c.key, value));
    }

    Holds operator()(const SentinelsName& c) const {
        std::vector<Ask> asks;
        for (const std::string& sentinel : c.sentinels) asks.push_back({sentinel, {{"SENTINEL", "MASTER", c.master}}});
        const std::vector<Answer> answers = world_.ask(asks, deadline_);
        int64_t agree = 0;
        std::vector<std::string> said;
        for (size_t i = 0; i < answers.size(); i++) {
            const auto master = answers[i] ? redis::parse_sentinel_master(answers[i]->front())
                                           : Result<redis::SentinelMaster>(fail(answers[i].error()));
            if (!master) {
                said.push_back(fmt::format("{}: {}", c.sentinels[i], master.error().message));
                continue;
            }
            const bool settled = !redis::has_flag(master->flags, "failover_in_progress");
            if (settled && is_address_of(plan_, c.node, master->host, master->port.value_or(0)))
                agree++;
            else
                said.push_back(fmt::format("{} {} {}:{}", c.sentinels[i],
                                           settled ? "says" : "is still at its failover of", master->host,
                                           master->port.value_or(0)));
        }
        return yes_if(agree >= c.needed, fmt::format("{}", fmt::join(said, ", ")));
    }
    Holds operator()(const SentinelSees& c) const {
        return as_they_remember({c.sentinel}, c.master, c.node, [&](const redis::Remembered& replica) {
            return yes_if(replica.priority == c.priority,
                          fmt::format("Sentinel {} takes the priority of {} for {}", c.sentinel, c.node,
                                      replica.priority.value_or(-1)));
        });
    }
    Holds operator()(const SentinelsSeeReplica& c) const {
        return as_they_remember(c.sentinels, c.master, c.node, [&](const redis::Remembered& replica) {
            return yes_if(replica.reported_role != "master",
                          fmt::format("a Sentinel still takes {} for a second master", c.node));
        });
    }

    Holds operator()(const SentinelAtIt& c) const {
        const Ask ask{c.node, {{"SENTINEL", "MASTER", c.master}}};
        const std::vector<Answer> answers = world_.ask(std::span(&ask, 1), deadline_);
        if (!answers[0]) return unknown(answers[0].error());
        const auto master = redis::parse_sentinel_master(answers[0]->front());
        if (!master) return unknown(master.error());
        return yes_if(redis::has_flag(master->flags, "failover_in_progress"),
                      fmt::format("Sentinel {} is at no failover of {}", c.node, c.master));
    }

    Holds operator()(const PodGone& c) const {
        const Result<kube::Pod> pod = world_.pod(c.pod);
        if (!pod) return pod.error().code == ErrorCode::not_found ? yes() : unknown(pod.error());
        return yes_if(pod->meta.uid != c.uid, fmt::format("pod {} is not gone yet", c.pod));
    }

    Holds operator()(const SentinelCalm& c) const { return by_word_of(c); }
    Holds operator()(const SentinelKnows& c) const { return by_word_of(c); }
    Holds operator()(const SentinelForgot& c) const { return by_word_of(c); }
    Holds operator()(const SentinelWatches& c) const { return by_word_of(c); }
    Holds operator()(const SentinelSettings& c) const { return by_word_of(c); }

  private:
    // By what each of the Sentinels remembers of the node; the first that does not hold says why.
    template <class F>
    Holds as_they_remember(const std::vector<std::string>& sentinels, const std::string& master,
                           const std::string& node, F examine) const {
        std::vector<Ask> asks;
        for (const std::string& sentinel : sentinels) asks.push_back({sentinel, {{"SENTINEL", "SLAVES", master}}});
        const std::vector<Answer> answers = world_.ask(asks, deadline_);
        for (size_t i = 0; i < answers.size(); i++) {
            if (!answers[i]) return unknown(answers[i].error());
            const auto replicas = redis::parse_sentinel_replicas(answers[i]->front());
            if (!replicas) return unknown(replicas.error());
            const auto found = std::find_if(replicas->begin(), replicas->end(), [&](const redis::Remembered& one) {
                return is_address_of(plan_, node, one.host, one.port.value_or(0));
            });
            if (found == replicas->end()) return no(fmt::format("Sentinel {} does not know {}", sentinels[i], node));
            Holds holds = examine(*found);
            if (holds.truth != Truth::yes) return holds;
        }
        return yes();
    }

    template <class T>
    Holds by_word_of(const T& condition) const {
        const Result<SentinelAnswer>& word = sentinels_.at({condition.node, condition.master});
        if (!word) return unknown(word.error());
        std::string found = what_differs(condition, *word);
        return found.empty() ? yes() : no(std::move(found));
    }

    static Result<std::string> value(const Answer& answer) {
        TRY(answer);
        const redis::Value& reply = answer->front();
        if (reply.elements.size() != 2)
            return fail(ErrorCode::server, "CONFIG GET was not answered",
                        reply.is_error() ? reply.text : "no such setting");
        return reply.elements[1].text;
    }

    template <class F>
    Holds with(const std::string& node, F examine) const {
        const Result<NodeView>& view = views_.at(node);
        return view ? examine(*view) : unknown(view.error());
    }

    World& world_;
    const Plan& plan_;
    Deadline deadline_;
    std::map<std::string, Result<NodeView>> views_;
    std::map<std::pair<std::string, std::string>, Result<std::string>> settings_;
    std::map<std::pair<std::string, std::string>, Result<SentinelAnswer>> sentinels_;
};

}  // namespace

bool is_address_of(const Plan& plan, const std::string& node, const std::string& host, int64_t port) {
    const auto found = plan.addresses.find(node);
    if (found == plan.addresses.end()) return false;
    const std::string address = fmt::format("{}:{}", host, port);
    return std::find(found->second.begin(), found->second.end(), address) != found->second.end();
}

std::map<std::string, Result<NodeView>> look_at(World& world, std::span<const std::string> nodes, Deadline deadline) {
    std::vector<Ask> asks;
    for (const std::string& node : nodes) asks.push_back({node, redis::node_view_requests()});
    const std::vector<Answer> answers = world.ask(asks, deadline);
    std::map<std::string, Result<NodeView>> views;
    for (size_t i = 0; i < nodes.size(); i++)
        views.emplace(nodes[i], answers[i] ? redis::parse_node_view(*answers[i]) : fail(answers[i].error()));
    return views;
}

std::vector<Holds> examine(World& world, const Plan& plan, std::span<const Condition> conditions, Deadline deadline) {
    Needs needs;
    for (const Condition& condition : conditions) std::visit(needs, condition);
    const Examiner examiner(world, plan, needs, deadline);
    std::vector<Holds> all;
    for (const Condition& condition : conditions) all.push_back(std::visit(examiner, condition));
    return all;
}

Holds all_hold(World& world, const Plan& plan, std::span<const Condition> conditions, Deadline deadline) {
    Holds result = yes();
    if (conditions.empty()) return result;
    for (Holds& one : examine(world, plan, conditions, deadline)) {
        if (one.truth == Truth::no) return std::move(one);
        if (one.truth == Truth::unknown && result.truth == Truth::yes) result = std::move(one);
    }
    return result;
}

Holds await(World& world, const Plan& plan, std::span<const Condition> conditions, Deadline deadline) {
    Millis interval(1);
    for (;;) {
        // A look that begins just before the end is given its time: cut short, it would make a plain no an unknown.
        Holds last =
            all_hold(world, plan, conditions, deadline.left() < one_look ? Deadline::after(one_look) : deadline);
        if (last.truth == Truth::yes || deadline.passed()) return last;
        if (!world.pause(interval)) return last;
        interval = std::min(interval * 2, Millis(50));
    }
}

}  // namespace redisctl::failover
