#include "failover/survey_redis.h"

#include "failover/node_questions.h"
#include "redis/reply_error.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace redisctl::failover {

namespace {

constexpr Millis round_limit{3'000};

class Survey {
  public:
    Survey(fleet::Fleet& fleet, Facts& facts, const SurveyOptions& options, Deadline deadline)
        : fleet_(fleet), facts_(facts), options_(options), deadline_(deadline) {}

    Result<void> run() {
        TRY(meet());
        find_master(facts_);
        TRY(ask_permissions());
        TRY(measure());
        TRY(look_again());
        find_master(facts_);
        return {};
    }

    Result<void> logins() {
        std::vector<fleet::Call> calls;
        std::vector<Take> take;
        add_logins(calls, take);
        TRY_ASSIGN(const std::vector<fleet::Outcome> outcomes, ask(calls));
        for (size_t i = 0; i < outcomes.size(); i++) take[i](outcomes[i].replies);
        return {};
    }

  private:
    using Replies = Result<std::vector<redis::Value>>;
    using Take = std::function<void(const Replies&)>;  // what an outcome is about

    // One outcome a call. Nodes that fell silent wait for nobody but themselves.
    Result<std::vector<fleet::Outcome>> ask(const std::vector<fleet::Call>& calls) {
        std::vector<fleet::Outcome> outcomes = fleet_.exec(calls, Deadline::after(round_limit).earlier(deadline_));
        for (const fleet::Outcome& outcome : outcomes)
            if (!outcome.replies && outcome.replies.error().code == ErrorCode::interrupted)
                return fail(outcome.replies.error());
        return outcomes;
    }

    Micros now() const { return std::chrono::duration_cast<Micros>(SteadyClock::now() - started_); }

    static std::optional<OffsetSample> sample(const redis::NodeView& view, Micros at) {
        const auto& offset = view.role == redis::Role::master ? view.master_offset : view.applied_offset;
        return offset ? std::optional(OffsetSample{at, *offset}) : std::nullopt;
    }

    // Indices of the nodes that answered so far.
    std::vector<size_t> present() const {
        std::vector<size_t> result;
        for (size_t i = 0; i < facts_.nodes.size(); i++)
            if (facts_.nodes[i].view) result.push_back(i);
        return result;
    }

    Result<void> meet() {
        std::vector<fleet::Call> calls;
        for (const fleet::Node& node : facts_.instance.nodes) calls.push_back({&node, first_questions()});
        TRY_ASSIGN(const std::vector<fleet::Outcome> outcomes, ask(calls));
        facts_.nodes.clear();
        for (const fleet::Outcome& outcome : outcomes) {
            NodeFacts& node = facts_.nodes.emplace_back();
            Result<NodeFacts> read =
                outcome.replies ? read_first(*outcome.replies, options_.client_name) : fail(outcome.replies.error());
            if (read)
                node = std::move(*read);
            else
                node.view = fail(read.error());
            if (node.view) node.earlier = sample(*node.view, now());
        }
        return {};
    }

    // What a replica says when it connects, with the password of `from`, as `from` will do when `to` is its master. An
    // empty password is tried too: a server that wants none says so.
    void add_login(std::vector<fleet::Call>& calls, const NodeFacts& from, size_t to) const {
        redis::Login login;
        const auto user = from.settings->values.find("masteruser");
        if (user != from.settings->values.end()) login.user = user->second;
        login.password = from.settings->master_password;
        login.found = login.password.empty();
        calls.push_back({&facts_.instance.nodes[to], {{"PING"}, {"REPLCONF", "capa", "psync2"}}, std::move(login)});
    }

    // Each with the master: the master at the node, and the node at the master.
    void add_logins(std::vector<fleet::Call>& calls, std::vector<Take>& take) {
        const auto master = facts_.index_of(facts_.master);
        if (!master || !facts_.nodes[*master].view) return;
        for (const size_t i : present()) {
            NodeFacts& node = facts_.nodes[i];
            if (i == *master) continue;
            if (facts_.nodes[*master].settings) {
                add_login(calls, facts_.nodes[*master], i);
                take.emplace_back([&node](const Replies& replies) { node.admits_master = admitted(replies); });
            }
            if (node.settings) {
                add_login(calls, node, *master);
                take.emplace_back([&node](const Replies& replies) { node.admitted_by_master = admitted(replies); });
            }
        }
    }

    static Result<void> admitted(const Replies& replies) {
        TRY(replies);
        for (const redis::Value& reply : *replies)
            if (reply.is_error())
                return fail(redis::reply_error(reply, &reply == &replies->front() ? "PING" : "REPLCONF"));
        return {};
    }

    Result<void> ask_permissions() {
        const std::vector<size_t> nodes = present();
        std::vector<fleet::Call> calls;
        std::vector<Take> take;
        for (const size_t i : nodes) {
            NodeFacts& node = facts_.nodes[i];
            if (auto questions = permission_questions(node); !questions.empty()) {
                calls.push_back({&facts_.instance.nodes[i], std::move(questions)});
                take.emplace_back([&node](const Replies& replies) {
                    if (replies) read_permissions(*replies, node);
                });
            }
        }
        add_logins(calls, take);
        TRY_ASSIGN(const std::vector<fleet::Outcome> outcomes, ask(calls));
        for (size_t i = 0; i < outcomes.size(); i++) take[i](outcomes[i].replies);
        return {};
    }

    Result<void> measure() {
        const TimePoint until = SteadyClock::now() + options_.spacing;
        std::vector<std::vector<Micros>> took(facts_.nodes.size());
        for (size_t i = 0; i < options_.pings; i++) {
            std::vector<size_t> nodes = present();
            std::vector<fleet::Call> calls;
            for (const size_t n : nodes) calls.push_back({&facts_.instance.nodes[n], {{"PING"}}});
            TRY_ASSIGN(const std::vector<fleet::Outcome> outcomes, ask(calls));
            for (size_t n = 0; n < nodes.size(); n++) {
                if (outcomes[n].replies)
                    took[nodes[n]].push_back(outcomes[n].took);
                else  // it answered a moment ago
                    facts_.nodes[nodes[n]].view = fail(outcomes[n].replies.error());
            }
            const auto left = std::chrono::duration_cast<Millis>(until - SteadyClock::now());
            const auto each = left / static_cast<int64_t>(options_.pings - i);
            if (options_.pause && each > Millis(0)) TRY(options_.pause(each));
        }
        for (size_t n = 0; n < took.size(); n++) {
            std::vector<Micros>& times = took[n];
            if (times.empty()) continue;
            std::sort(times.begin(), times.end());
            const size_t nearest_rank = (times.size() * 95 + 99) / 100 - 1;
            facts_.nodes[n].latency = Latency{times.size(), times.front(), times[nearest_rank]};
        }
        return {};
    }

    Result<void> look_again() {
        const std::vector<size_t> nodes = present();
        std::vector<fleet::Call> calls;
        for (const size_t i : nodes) calls.push_back({&facts_.instance.nodes[i], last_questions()});
        TRY_ASSIGN(const std::vector<fleet::Outcome> outcomes, ask(calls));
        for (size_t i = 0; i < nodes.size(); i++) {
            NodeFacts& node = facts_.nodes[nodes[i]];
            node.view = outcomes[i].replies ? read_last(*outcomes[i].replies, node) : fail(outcomes[i].replies.error());
            if (node.view) node.later = sample(*node.view, now());
        }
        return {};
    }

    fleet::Fleet& fleet_;
    Facts& facts_;
    const SurveyOptions& options_;
    Deadline deadline_;
    TimePoint started_ = SteadyClock::now();
};

}  // namespace

Result<void> survey_redis(fleet::Fleet& fleet, Facts& facts, const SurveyOptions& options, Deadline deadline) {
    return Survey(fleet, facts, options, deadline).run();
}

Result<void> survey_logins(fleet::Fleet& fleet, Facts& facts, Deadline deadline) {
    const SurveyOptions none;
    return Survey(fleet, facts, none, deadline).logins();
}

}  // namespace redisctl::failover
