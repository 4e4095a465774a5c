#include "failover/actions.h"

#include "failover/conditions.h"
#include "failover/unshared.h"
#include "net/endpoint.h"
#include "redis/reply_error.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl::failover {

namespace {

constexpr Millis one_answer{3'000};

Error unsure(Error error) {
    error.reason = uncertain;
    if (error.hint.empty()) error.hint = "redisctl resume";
    return error;
}

std::string pointer_part(std::string text) {
    std::string escaped;
    for (const char c : text) escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return escaped;
}

std::string json_text(const std::map<std::string, std::string>& values) {
    return nlohmann::json(values).dump();
}

class Performer {
  public:
    Performer(World& world, Readings& readings) : world_(world), readings_(readings) {}

    // The conditions behind it are awaited by who runs the step.
    Result<void> operator()(const Wait&) { return {}; }

    Result<void> operator()(const Send& send) {
        std::vector<Ask> asks;
        for (const Send::To& to : send.to) asks.push_back({to.node, to.commands});
        const std::vector<Answer> answers = world_.ask(asks, Deadline::after(one_answer));
        std::optional<Error> worst;
        for (size_t i = 0; i < answers.size(); i++) {
            if (!answers[i]) {
                worst = may_have_arrived(answers[i].error()) ? unsure(answers[i].error()) : answers[i].error();
                worst->message = fmt::format("{}: {}", send.to[i].node, worst->message);
                continue;
            }
            for (size_t c = 0; c < answers[i]->size(); c++) {
                const redis::Value* reply = &(*answers[i])[c];
                // EXEC carries the errors of its commands inside.
                const auto inner = std::find_if(reply->elements.begin(), reply->elements.end(),
                                                [](const redis::Value& one) { return one.is_error(); });
                if (inner != reply->elements.end()) reply = &*inner;
                if (!reply->is_error() || worst) continue;
                worst = redis::reply_error(*reply, send.to[i].commands[c].front());
                worst->message = fmt::format("{}: {}", send.to[i].node, worst->message);
            }
        }
        if (worst) return fail(std::move(*worst));
        return {};
    }

    Result<void> operator()(const HandOver& over) { return hand_over(world_, over, readings_); }

    Result<void> operator()(const SentinelFailover& failover) { return sentinel_failover(world_, failover, readings_); }

    Result<void> operator()(const SentinelsAgree& agree) { return sentinels_agree(world_, agree); }

    Result<void> operator()(const TellSentinels& tell) { return tell_sentinels(world_, tell); }

    Result<void> operator()(const TakeBack& back) { return take_back(world_, back); }

    Result<void> operator()(const Promote& promote) {
        Ask ask{promote.node, {{"REPLICAOF", "NO", "ONE"}}};
        if (!promote.probe_key.empty()) ask.requests.push_back(probe_words(promote.probe_key));
        const std::vector<Answer> answers = world_.ask(std::span(&ask, 1), Deadline::after(one_answer));
        if (!answers[0])
            return fail(may_have_arrived(answers[0].error()) ? unsure(answers[0].error()) : answers[0].error());
        const redis::Value& reply = answers[0]->front();
        if (reply.is_error()) return fail(redis::reply_error(reply, "REPLICAOF"));
        const bool written = answers[0]->size() > 1 && !(*answers[0])[1].is_error();
        if (written && !readings_.first_write) readings_.first_write = SteadyClock::now();
        return {};
    }

    Result<void> operator()(const CatchUp& catch_up) {
        const Deadline deadline = Deadline::after(Millis(catch_up.timeout_ms));
        const std::vector<std::string> nodes{catch_up.master, catch_up.replica};
        std::optional<int64_t> before, gap;
        for (;;) {
            const auto views = look_at(world_, nodes, deadline);
            const Result<redis::NodeView>& master = views.at(catch_up.master);
            const Result<redis::NodeView>& replica = views.at(catch_up.replica);
            if (master && replica && master->replid == replica->replid && master->master_offset &&
                replica->applied_offset) {
                gap = *master->master_offset - *replica->applied_offset;
                if (*gap <= 0 && catch_up.once) return {};
                if (*gap == 0 && before == master->master_offset) {
                    readings_.final_offset = before;
                    readings_.fenced_at_reading = readings_.window_opened.has_value();
                    return {};
                }
                before = *gap == 0 ? master->master_offset : std::nullopt;
            } else {
                before.reset();
            }
            if (deadline.passed()) break;
            (void)world_.pause(Millis(1));
        }
        return fail(
            ErrorCode::timeout, fmt::format("{} did not catch up within {} ms", catch_up.replica, catch_up.timeout_ms),
            gap ? fmt::format("{} bytes are missing", *gap) : "one of the two does not answer", "redisctl replica-lag");
    }

    Result<void> operator()(const PatchSelector& patch) {
        return world_.patch(
            ObjectKind::service, patch.service,
            {{"test", "/spec/selector", json_text(patch.from)}, {"replace", "/spec/selector", json_text(patch.to)}});
    }

    Result<void> operator()(const AwaitEndpoints& wait) {
        const auto leads_there = [&](const std::vector<kube::EndpointSlice>& slices) {
            bool there = false;
            for (const kube::EndpointSlice& slice : slices)
                for (const kube::Endpoint& endpoint : slice.endpoints) {
                    if (!endpoint.ready) continue;
                    if (endpoint.pod != wait.pod) return false;
                    there = true;
                }
            return there;
        };
        TRY(world_.await_endpoints(wait.service, leads_there, Deadline::after(endpoints_in)));
        return wait.settle_ms > 0 ? world_.pause(Millis(wait.settle_ms)) : Result<void>{};
    }

    Result<void> operator()(const PatchLabel& patch) {
        const std::string path = "/metadata/labels/" + pointer_part(patch.key);
        std::vector<PatchOp> ops;
        if (!patch.from.empty()) ops.push_back({"test", path, nlohmann::json(patch.from).dump()});
        if (patch.to.empty())
            ops.push_back({"remove", path, ""});
        else
            ops.push_back({"add", path, nlohmann::json(patch.to).dump()});
        return world_.patch(ObjectKind::pod, patch.pod, ops);
    }

    Result<void> operator()(const Annotate& annotate) { return world_.annotate(annotate.service, annotate.values); }

    Result<void> operator()(const WriteProbe& probe) {
        const Deadline deadline = Deadline::after(Millis(probe.timeout_ms));
        Ask ask{probe.node, {probe_words(probe.key)}};
        if (probe.replicas > 0)
            ask.requests.push_back({"WAIT", std::to_string(probe.replicas), std::to_string(probe.timeout_ms / 2)});
        for (;;) {
            const std::vector<Answer> answers = world_.ask(std::span(&ask, 1), deadline);
            Error error = answers[0] ? Error{} : answers[0].error();
            if (answers[0] && !answers[0]->front().is_error()) {
                if (readings_.window_opened && !readings_.first_write) readings_.first_write = SteadyClock::now();
                if (probe.replicas == 0 || (*answers[0])[1].integer >= probe.replicas) return {};
                error = {ErrorCode::timeout,
                         fmt::format("a write on {} did not reach a replica", probe.node),
                         fmt::format("{} of {} acknowledged it", (*answers[0])[1].integer, probe.replicas),
                         "redisctl replica-lag",
                         {}};
            } else if (answers[0]) {
                error = redis::reply_error(answers[0]->front(), "SET");
            }
            if (deadline.passed()) return fail(std::move(error));
            TRY(world_.pause(Millis(5)));
        }
    }

    Result<void> operator()(const ServiceProbe& probe) {
        TRY_ASSIGN(const net::HostPort address, net::parse_host_port(probe.address, 0));
        const Deadline deadline = Deadline::after(Millis(probe.timeout_ms));
        const Ask write{probe.node, {probe_words(probe.key)}}, look{probe.node, {{"EXISTS", probe.key}}};
        for (;;) {
            const Answer written = world_.ask_through(address, write, deadline);
            const std::vector<Answer> found = world_.ask(std::span(&look, 1), deadline);
            if (written && found[0] && found[0]->front().integer == 1) return {};
            Error error{ErrorCode::conflict,
                        fmt::format("a write through Service {} did not reach {}", probe.service, probe.node),
                        !written                      ? written.error().message
                        : written->front().is_error() ? written->front().text
                                                      : "another node acknowledged it",
                        "redisctl status",
                        {}};
            if (deadline.passed()) return fail(std::move(error));
            TRY(world_.pause(Millis(50)));
        }
    }

    Result<void> operator()(const DeletePod& pod) { return world_.delete_pod(pod.pod, pod.uid); }

    Result<void> operator()(const SaveUnshared& save) {
        TRY_ASSIGN(Unshared unshared, save_unshared(world_, save));
        const bool saved = unshared.writes && unshared.whole;
        const std::string why = unshared.reason;
        readings_.saved.push_back(std::move(unshared));
        if (save.must && !saved)
            return fail(ErrorCode::refused, fmt::format("what only {} wrote could not be saved", save.node), why);
        return {};
    }

    // One round trip: between REMOVE and MONITOR the Sentinel watches nothing.
    Result<void> operator()(const Monitor& monitor) {
        Ask ask{monitor.node, monitor_words(monitor)};
        if (!monitor.auth_of.empty()) {
            TRY_ASSIGN(const std::optional<redis::Login> login, world_.login(monitor.auth_of));
            if (login && !login->user.empty())
                ask.requests.push_back({"SENTINEL", "SET", monitor.master, "auth-user", login->user});
            if (login && !login->password.empty())
                ask.requests.push_back(
                    {"SENTINEL", "SET", monitor.master, "auth-pass", std::string(login->password.reveal())});
        }
        const std::vector<Answer> answers = world_.ask(std::span(&ask, 1), Deadline::after(one_answer));
        if (!answers[0])
            return fail(may_have_arrived(answers[0].error()) ? unsure(answers[0].error()) : answers[0].error());
        for (size_t i = 0; i < answers[0]->size(); i++) {
            const redis::Value& reply = (*answers[0])[i];
            // One that it did not watch any more is forgotten all the same.
            if (!reply.is_error() || i < monitor.forget.size()) continue;
            Error error = redis::reply_error(reply, "SENTINEL " + ask.requests[i][1]);
            error.message = fmt::format("{}: {}", monitor.node, error.message);
            return fail(std::move(error));
        }
        return {};
    }

  private:
    static constexpr Millis endpoints_in{30'000};

    World& world_;
    Readings& readings_;
};

}  // namespace

bool may_have_arrived(const Error& error) {
    const bool refused = error.code == ErrorCode::unreachable && error.reason.empty();
    return !refused && error.reason != "CONNECT_TIMEOUT" && error.reason != "NOT_RUNNING";
}

Result<void> perform(World& world, const Action& action, Readings& readings) {
    Performer performer(world, readings);
    return std::visit(performer, action);
}

}  // namespace redisctl::failover
