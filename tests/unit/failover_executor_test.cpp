#include "failover/executor.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

using namespace redisctl;
using namespace redisctl::failover;

namespace {

using Lines = std::vector<std::string>;
using Selector = std::map<std::string, std::string>;

// Services whose selector is one word, patched as the API server would, and whatever goes wrong on the way.
class Services : public World {
  public:
    std::map<std::string, std::string> now;
    std::map<std::string, Error> broken;  // by service: patching it fails, and nothing is done
    std::map<std::string, Error> silent;  // by service: it is patched, and nobody says so
    std::map<std::string, Error> unread;
    std::optional<Error> lock_lost;
    bool hurried = false;
    Lines patched, heard_at;
    Answer direct = fail(ErrorCode::unreachable, "there is no Redis here"), through = direct;

    std::vector<Answer> ask(std::span<const Ask> asks, Deadline) override { return {asks.size(), direct}; }
    Result<fleet::HistoryPart> history(const std::string&, const fleet::HistoryRange&, Deadline) override {
        return fail(ErrorCode::unreachable, "there is no Redis here");
    }
    Result<std::optional<redis::Login>> login(const std::string&) override { return std::nullopt; }
    Result<void> pause(Millis) override {
        if (hurried) return fail(ErrorCode::interrupted, "nobody waits any more");
        return {};
    }
    Result<void> hold_lock(Millis) override {
        if (lock_lost) return fail(*lock_lost);
        return {};
    }
    Result<kube::Service> service(const std::string& name) override {
        if (unread.contains(name)) return fail(unread.at(name));
        kube::Service service;
        service.selector = {{"to", now[name]}};
        return service;
    }
    Result<void> patch(ObjectKind, const std::string& name, const std::vector<PatchOp>& ops) override {
        if (broken.contains(name)) return fail(broken.at(name));
        const auto wanted = nlohmann::json::parse(ops.front().value), value = nlohmann::json::parse(ops.back().value);
        if (wanted["to"] != now[name]) return fail(ErrorCode::conflict, "somebody else changed " + name);
        now[name] = value["to"];
        patched.push_back(fmt::format("{}={}", name, now[name]));
        if (silent.contains(name)) return fail(silent.at(name));
        return {};
    }
    Result<kube::Pod> pod(const std::string&) override { return fail(ErrorCode::not_found, "no pod"); }
    Result<void> annotate(const std::string&, const std::map<std::string, std::string>&) override { return {}; }
    Result<std::vector<kube::EndpointSlice>> endpoints(const std::string&) override { return {}; }
    Result<void> await_endpoints(const std::string&,
                                 const std::function<bool(const std::vector<kube::EndpointSlice>&)>&,
                                 Deadline) override {
        return {};
    }
    Answer ask_through(const net::HostPort& address, const Ask&, Deadline) override {
        heard_at.push_back(net::to_string(address));
        return through;
    }
    Result<void> delete_pod(const std::string&, const std::string&) override { return {}; }
};

class Watcher final : public Observer {
  public:
    Lines heard;
    std::string stop_before;

    void on(const Step& step, const StepReport& report) override {
        if (report.status != StepStatus::started)
            heard.push_back(fmt::format("{} {}", step.id, status_name(report.status)));
    }
    bool may_go_on(const Step& step) override { return step.id != stop_before; }
};

Step move(const std::string& service) {
    Step step;
    step.id = service;
    step.action = PatchSelector{service, Selector{{"to", "old"}}, Selector{{"to", "new"}}};
    step.before = {SelectorIs{service, {{"to", "old"}}}};
    step.after = step.already = {SelectorIs{service, {{"to", "new"}}}};
    step.undo = {PatchSelector{service, Selector{{"to", "new"}}, Selector{{"to", "old"}}}};
    step.undone = step.before;
    step.patience_ms = 1;
    return step;
}

// a and b can be undone, c is the point of no return, d and e come behind it.
struct Bench {
    Bench() {
        for (const char* name : {"a", "b", "c", "d", "e"}) {
            plan.steps.push_back(move(name));
            world.now[name] = "old";
        }
        at("c").commits = true;
        at("c").undo.clear();
        std::filesystem::create_directories(folder);
    }
    ~Bench() { std::filesystem::remove_all(folder); }

    Step& at(const std::string& id) {
        return *std::find_if(plan.steps.begin(), plan.steps.end(), [&](const Step& step) { return step.id == id; });
    }
    Journal journal() {
        const std::string home = folder;
        return *Journal::create([home](const char*) { return home; }, new_operation(), plan);
    }
    Report forward(const std::set<std::string>& begun = {}) {
        Journal journal = this->journal();
        return execute(world, journal, watcher, plan, begun);
    }
    Report backward(const std::set<std::string>& begun) {
        Journal journal = this->journal();
        return undo(world, journal, watcher, plan, begun);
    }
    std::string state() {
        std::string text;
        for (const auto& [name, to] : world.now) text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, to);
        return text;
    }

    std::string folder = (std::filesystem::temp_directory_path() / ("redisctl-executor-" + new_operation())).string();
    Services world;
    Watcher watcher;
    Plan plan;
};

}  // namespace

// Where somebody sets replica-priority back once it was seen, and a Sentinel sees it only when it was set twice.
class SetBack : public Services {
  public:
    int times = 0, looks = 0;
    std::string value = "100";

    std::vector<Answer> ask(std::span<const Ask> asks, Deadline) override {
        using Type = redis::Value::Type;
        std::vector<Answer> answers;
        for (const Ask& ask : asks) {
            std::vector<redis::Value> replies;
            for (const Words& words : ask.requests) {
                if (words.at(1) == "SET") {
                    value = words.at(3);
                    if (++times == 2) now["seen"] = "new";
                    replies.push_back({Type::status, "OK", 0, {}});
                } else {
                    replies.push_back({Type::array,
                                       "",
                                       0,
                                       {{Type::string, "replica-priority", 0, {}}, {Type::string, value, 0, {}}}});
                    if (++looks == 1) value = "100";
                }
            }
            answers.emplace_back(std::move(replies));
        }
        return answers;
    }
};

TEST_CASE("A setting that somebody sets back while others shall see it is set again") {
    SetBack world;
    world.now["seen"] = "old";
    Bench bench;
    bench.plan.steps.clear();
    Step set, seen;
    set.id = "prefer";
    set.action = Send{{{"redis-2", {{"CONFIG", "SET", "replica-priority", "0"}}}}};
    set.undo = {Send{{{"redis-2", {{"CONFIG", "SET", "replica-priority", "100"}}}}}};
    set.after = {SettingIs{"redis-2", "replica-priority", "0"}};
    set.undone = {SettingIs{"redis-2", "replica-priority", "100"}};
    seen.id = "preferred";
    seen.action = Wait{};
    seen.after = {SelectorIs{"seen", {{"to", "new"}}}};
    seen.patience_ms = 3'000;
    bench.plan.steps = {set, seen};
    Journal journal = bench.journal();
    const Report report = execute(world, journal, bench.watcher, bench.plan, {});
    CHECK(report.outcome == Outcome::done);
    CHECK(world.times == 2);
    CHECK(world.value == "0");
    CHECK(bench.watcher.heard == Lines{"prefer done", "preferred done"});
}

TEST_CASE("Every step is done, in order, and what is so already is passed over") {
    Bench bench;
    bench.world.now["b"] = "new";
    const Report report = bench.forward();
    CHECK(report.outcome == Outcome::done);
    CHECK(report.committed);
    CHECK(bench.watcher.heard == Lines{"a done", "b already", "c done", "d done", "e done"});
    CHECK(bench.world.patched == Lines{"a=new", "c=new", "d=new", "e=new"});
}

TEST_CASE("Nothing was to be done: noop") {
    Bench bench;
    for (auto& [name, to] : bench.world.now) to = "new";
    const Report report = bench.forward();
    CHECK(report.outcome == Outcome::noop);
    CHECK_FALSE(report.changed);
    CHECK(bench.world.patched.empty());
}

TEST_CASE("A failure before the point of no return is undone, newest first, and verified") {
    Bench bench;
    bench.world.broken["c"] = Error{ErrorCode::server, "c said no", "", "", ""};
    const Report report = bench.forward();
    CHECK(report.outcome == Outcome::rolled_back);
    CHECK(report.errors.front().message == "c said no");
    CHECK(bench.watcher.heard == Lines{"a done", "b done", "c failed", "b undone", "a undone"});
    CHECK(bench.state() == "a=old b=old c=old d=old e=old");
}

TEST_CASE("What is not as planned before a step ends it: nothing was changed, it is refused") {
    Bench bench;
    bench.world.now["a"] = "elsewhere";
    const Report report = bench.forward();
    CHECK(report.outcome == Outcome::refused);
    CHECK(report.errors.front().code == ErrorCode::conflict);
    CHECK(report.errors.front().message == R"(a: Service a selects to=elsewhere)");
    CHECK(bench.world.patched.empty());
}

TEST_CASE("An undo that cannot be verified is said: incomplete, with the way to try again") {
    Bench bench;
    bench.at("b").undone = {SelectorIs{"b", {{"to", "never"}}}};
    bench.at("b").undo = {Wait{}};
    bench.world.broken["c"] = Error{ErrorCode::server, "c said no", "", "", ""};
    bench.world.hurried = true;
    const Report report = bench.forward();
    CHECK(report.outcome == Outcome::incomplete);
    CHECK(report.errors.back().message == "the undo of b could not be verified: b: Service b selects to=new");
    CHECK(report.errors.back().hint == "redisctl abort");
    CHECK(bench.watcher.heard == Lines{"a done", "b done", "c failed", "b undo-failed", "a undone"});
    CHECK(bench.state() == "a=old b=new c=old d=old e=old");
}

TEST_CASE("Behind the point of no return the rest is finished, whatever fails") {
    Bench bench;
    bench.world.broken["d"] = Error{ErrorCode::server, "d said no", "", "", ""};
    const Report report = bench.forward();
    CHECK(report.outcome == Outcome::incomplete);
    CHECK(report.committed);
    CHECK(report.errors.size() == 1);
    CHECK(bench.state() == "a=new b=new c=new d=old e=new");
}

TEST_CASE("A step that is not essential is a warning") {
    Bench bench;
    bench.at("e").essential = false;
    bench.world.broken["e"] = Error{ErrorCode::server, "e said no", "", "", ""};
    const Report report = bench.forward();
    CHECK(report.outcome == Outcome::done);
    CHECK(report.errors.empty());
    CHECK(report.warnings.front().message == "e said no");
}

TEST_CASE("Nobody says whether the point of no return was passed: unknown, and nothing is undone behind its back") {
    Bench bench;
    bench.world.silent["c"] = Error{ErrorCode::timeout, "no answer", "", "", std::string(uncertain)};
    bench.world.unread["c"] = Error{ErrorCode::timeout, "no answer", "", "", ""};
    bench.at("c").before.clear();
    const Report report = bench.forward();
    CHECK(report.outcome == Outcome::unknown);
    CHECK(bench.state() == "a=new b=new c=new d=old e=old");
}

TEST_CASE("An answer that was lost on the way is made up for by looking") {
    Bench bench;
    bench.world.silent["c"] = Error{ErrorCode::timeout, "no answer", "", "", std::string(uncertain)};
    const Report report = bench.forward();
    CHECK(report.outcome == Outcome::done);
    CHECK(bench.state() == "a=new b=new c=new d=new e=new");
}

TEST_CASE("No to a step stops there: before anything was changed it is refused, later undone") {
    for (const auto& [before, outcome, heard] :
         {std::tuple{"a", Outcome::refused, Lines{}},
          std::tuple{"b", Outcome::rolled_back, Lines{"a done", "a undone"}},
          std::tuple{"d", Outcome::done, Lines{"a done", "b done", "c done", "d done", "e done"}}}) {
        Bench bench;
        bench.watcher.stop_before = before;
        CHECK(bench.forward().outcome == outcome);
        CHECK(bench.watcher.heard == heard);
    }
}

TEST_CASE("Without the lock nothing is changed any more") {
    Bench bench;
    bench.world.lock_lost = Error{ErrorCode::conflict, "the lease is another's", "", "", ""};
    const Report report = bench.forward();
    CHECK(report.outcome == Outcome::refused);
    CHECK(report.errors.front().message == "the lease is another's");
    CHECK(bench.world.patched.empty());
}

TEST_CASE("A write through a Service is found on the new master, or it is said what became of it") {
    Bench bench;
    bench.at("e").action = ServiceProbe{"e", "10.96.0.7:6379", "redis-1", "redisctl:probe:1", 1};
    bench.at("e").before = bench.at("e").after = bench.at("e").already = {};
    bench.at("e").essential = false;
    const auto reply = [](redis::Value::Type type, std::string text, int64_t number = 0) {
        return std::vector<redis::Value>{{type, std::move(text), number, {}}};
    };
    using Type = redis::Value::Type;
    SUBCASE("it is there") {
        bench.world.through = reply(Type::status, "OK");
        bench.world.direct = reply(Type::integer, "", 1);
        CHECK(bench.forward().warnings.empty());
        CHECK(bench.world.heard_at == Lines{"10.96.0.7:6379"});
    }
    std::string cause;
    SUBCASE("somebody else took it") {
        bench.world.through = reply(Type::status, "OK");
        bench.world.direct = reply(Type::integer, "", 0);
        cause = "another node acknowledged it";
    }
    SUBCASE("a replica refused it") {
        bench.world.through = reply(Type::error, "READONLY You can't write against a read only replica.");
        cause = "READONLY You can't write against a read only replica.";
    }
    SUBCASE("nobody is behind it") {
        cause = "there is no Redis here";
    }
    if (cause.empty()) return;
    const Report report = bench.forward();
    CHECK(report.outcome == Outcome::done);
    REQUIRE(report.warnings.size() == 1);
    CHECK(report.warnings.front().message == "a write through Service e did not reach redis-1");
    CHECK(report.warnings.front().cause == cause);
}

TEST_CASE("Continued: what the killed run did is passed over, and found by looking") {
    for (const size_t done : {0U, 1U, 2U, 3U, 4U, 5U}) {
        Bench bench;
        std::set<std::string> begun;
        for (size_t i = 0; i < done; i++) {
            begun.insert(bench.plan.steps[i].id);
            bench.world.now[bench.plan.steps[i].id] = "new";
        }
        if (begun.empty()) begun.insert("a");  // intended, and killed before it was sent
        const Report report = bench.forward(begun);
        CAPTURE(done);
        CHECK(report.outcome == Outcome::done);
        CHECK(bench.state() == "a=new b=new c=new d=new e=new");
        CHECK(bench.world.patched.size() == 5 - done);
    }
}

TEST_CASE("Undone later: only what was begun, and not behind the point of no return") {
    Bench bench;
    bench.world.now["a"] = bench.world.now["b"] = "new";
    Report report = bench.backward({"a"});
    CHECK(report.outcome == Outcome::rolled_back);
    CHECK(bench.state() == "a=old b=new c=old d=old e=old");

    bench.world.now["c"] = "new";
    report = bench.backward({"a", "b", "c"});
    CHECK(report.outcome == Outcome::refused);
    CHECK(bench.state() == "a=old b=new c=new d=old e=old");
}

TEST_CASE("A journal that cannot be written keeps everything as it is") {
    Bench bench;
    Journal journal = bench.journal();
    // From here on the disk is full for this process.
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit full{static_cast<rlim_t>(std::filesystem::file_size(journal.path())), before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &full);
    const Report report = execute(bench.world, journal, bench.watcher, bench.plan, {});
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK(report.outcome == Outcome::refused);
    CHECK(report.errors.front().code == ErrorCode::refused);
    CHECK(bench.world.patched.empty());
}
