#include "failover/planner.h"
#include "failover/steps.h"
#include "failover/switch_steps.h"

#include <fmt/core.h>

namespace redisctl::failover {

namespace {

// A Sentinel doubts a master that calls itself a replica when down-after-milliseconds and two of its INFOs are over
// (redis src/sentinel.c sentinelCheckSubjectivelyDown, SENTINEL_INFO_PERIOD).
constexpr int64_t two_infos_ms = 20'000;
// Who was away hears it from the others: each tells all every two seconds (SENTINEL_PUBLISH_PERIOD).
constexpr int64_t heard_in_ms = 6'000;

class AheadPlanner : SwitchSteps {
  public:
    AheadPlanner(const Cast& cast, const Wish& wish) : SwitchSteps(cast, wish), watch_(*cast.watch) {
        plan_.sentinels = watch_.sentinels;
    }

    Plan plan() {
        plan_.engine = "sentinel-ahead";
        plan_.expected_outage =
            "for a few milliseconds; writers wait, and are then moved, those that ask Sentinels as well";
        plan_.loss_bound = 0;
        plan_.notes.push_back(
            fmt::format("should redisctl be killed behind hand-over, its guardian, a process of its own, finishes the "
                        "switch; without that the Sentinels would promote somebody {} s later",
                        (watch_.down_after_ms + two_infos_ms) / 1'000));
        probe_before();
        listen();
        route_services();
        await_endpoints(wish_.settle.count());
        Step& verify = add_step(plan_, "verify", "Roles, processes, links and Sentinels are still as planned.",
                                cast_.old.name, Wait{});
        verify.before = as_planned();
        verify.before.push_back(named_by(watch_.sentinels.size(), cast_.old.name));
        verify.already = {HandsOver{cast_.old.name, true}};
        const TellSentinels tell{watch_.words, watch_.master, cast_.target.name, watch_.epoch + 1};
        Step& over = hand_over();
        for (const TellSentinels::Word& word : tell.words)
            std::get<HandOver>(over.action).behind.to.push_back({word.sentinel, {hello_words(tell, word)}});
        over.why += " The Sentinels hear of it in that moment: until then they send clients to a replica.";
        see_told(tell);
        kill_clients();
        move_labels();
        repoint_others();
        await_others();
        await_old();
        probe_after();
        Step& agree =
            add_step(plan_, "sentinels-agree",
                     "All Sentinels name it: those that were away have heard it from the others.", "", Wait{});
        agree.already = agree.after = {named_by(watch_.sentinels.size(), cast_.target.name)};
        agree.patience_ms = heard_in_ms;
        agree.essential = false;
        persist();
        return std::move(plan_);
    }

  private:
    Condition named_by(size_t needed, const std::string& node) const {
        return SentinelsName{watch_.sentinels, watch_.master, node, static_cast<int64_t>(needed)};
    }

    // Who may not say it, or is away, is known before anything is changed.
    void listen() {
        TellSentinels as_it_is{watch_.words, watch_.master, cast_.old.name, watch_.epoch, true, 2'000};
        for (TellSentinels::Word& word : as_it_is.words) word.host = word.from_host, word.port = word.from_port;
        Step& step = add_step(plan_, "sentinels-listen", "Each Sentinel takes our word: what it knows already.", "",
                              std::move(as_it_is));
        step.already = {RoleIs{cast_.target.name, "master"}};
    }

    // They have heard it with the hand-over; here are those that missed it, and those of a killed run.
    void see_told(const TellSentinels& tell) {
        Step& step = add_step(plan_, "tell-sentinels",
                              fmt::format("Each Sentinel has heard, as from another one, that {} is the master; "
                                          "nobody's settings change.",
                                          cast_.target.name),
                              "", tell);
        step.already = {named_by(watch_.sentinels.size(), cast_.target.name)};
        step.after = {named_by(watch_.sentinels.size() / 2 + 1, cast_.target.name)};
    }

    const SentinelWatch& watch_;
};

}  // namespace

Plan plan_sentinel_ahead(const Cast& cast, const Wish& wish) {
    return AheadPlanner(cast, wish).plan();
}

}  // namespace redisctl::failover
