#include "failover/actions.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::failover;
using redis::Value;

namespace {

Value text(std::string content) {
    return {Value::Type::string, std::move(content), 0, {}};
}

// Sentinels that believe what they are told when its epoch is higher than theirs, as real ones do.
class Council final : public World {
  public:
    struct Member {
        std::string port = "6379";
        int64_t epoch = 7;
        std::string answer;  // an error of PUBLISH
        bool away = false;
    };
    std::map<std::string, Member> members{{"s1", {}}, {"s2", {}}, {"s3", {}}};
    std::vector<std::string> heard;
    int pauses = 0;

    std::vector<Answer> ask(std::span<const Ask> asks, Deadline) override {
        std::vector<Answer> answers;
        for (const Ask& ask : asks) answers.push_back(tell(members.at(ask.node), ask));
        return answers;
    }
    Result<void> pause(Millis) override {
        if (++pauses > 3) return fail(ErrorCode::interrupted, "nobody waits any more");
        return {};
    }
    Answer ask_through(const net::HostPort&, const Ask&, Deadline) override { return nobody(); }
    Result<fleet::HistoryPart> history(const std::string&, const fleet::HistoryRange&, Deadline) override {
        return nobody();
    }
    Result<std::optional<redis::Login>> login(const std::string&) override { return nobody(); }
    Result<void> hold_lock(Millis) override { return {}; }
    Result<kube::Service> service(const std::string&) override { return nobody(); }
    Result<kube::Pod> pod(const std::string&) override { return nobody(); }
    Result<void> patch(ObjectKind, const std::string&, const std::vector<PatchOp>&) override { return nobody(); }
    Result<void> annotate(const std::string&, const std::map<std::string, std::string>&) override { return nobody(); }
    Result<std::vector<kube::EndpointSlice>> endpoints(const std::string&) override { return nobody(); }
    Result<void> await_endpoints(const std::string&,
                                 const std::function<bool(const std::vector<kube::EndpointSlice>&)>&,
                                 Deadline) override {
        return nobody();
    }
    Result<void> delete_pod(const std::string&, const std::string&) override { return nobody(); }

  private:
    static tl::unexpected<Error> nobody() { return fail(ErrorCode::unreachable, "no connection"); }

    Answer tell(Member& member, const Ask& ask) {
        if (member.away) return nobody();
        heard.push_back(ask.requests[0][2]);
        Value published{Value::Type::integer, {}, 1, {}};
        if (!member.answer.empty()) {
            published = {Value::Type::error, member.answer, 0, {}};
        } else {
            std::vector<std::string> words;
            std::string rest = heard.back() + ",";
            for (size_t comma; (comma = rest.find(',')) != std::string::npos; rest = rest.substr(comma + 1))
                words.push_back(rest.substr(0, comma));
            if (std::stoll(words[7]) > member.epoch) member.epoch = std::stoll(words[7]), member.port = words[6];
        }
        Value master{Value::Type::array, {}, 0, {}};
        for (const std::string& word :
             {std::string("name"), std::string("mymaster"), std::string("ip"), std::string("10.0.0.1"),
              std::string("port"), member.port, std::string("config-epoch"), std::to_string(member.epoch)})
            master.elements.push_back(text(word));
        return std::vector<Value>{published, master};
    }
};

TellSentinels to_port(int64_t port, int64_t epoch, bool all = false) {
    TellSentinels tell{{}, "mymaster", "new", epoch, all, 1'000};
    for (const char* sentinel : {"s1", "s2", "s3"})
        tell.words.push_back({sentinel, "10.0.1.9", 26379, "id", "10.0.0.1", 6379, "10.0.0.1", port});
    return tell;
}

}  // namespace

TEST_CASE("All are told at once, in one round") {
    Council council;
    CHECK(tell_sentinels(council, to_port(6380, 8)));
    CHECK(council.heard == std::vector<std::string>(3, "10.0.1.9,26379,id,8,mymaster,10.0.0.1,6380,8"));
    CHECK(council.pauses == 0);
    CHECK(council.members["s3"].port == "6380");
}

TEST_CASE("In the epoch that they are in nothing changes") {
    Council council;
    CHECK(tell_sentinels(council, to_port(6379, 7, true)));
    CHECK(council.members["s1"].port == "6379");
    CHECK(council.members["s1"].epoch == 7);
}

TEST_CASE("Where they have moved on since the plan was made, the epoch goes above theirs") {
    Council council;
    for (auto& [name, member] : council.members) member.epoch = 9;
    CHECK(tell_sentinels(council, to_port(6380, 8)));
    CHECK(council.members["s2"].epoch == 10);
    CHECK(council.members["s2"].port == "6380");
}

TEST_CASE("The one that is away hears it from the others; with most away nobody is sure") {
    Council council;
    council.members["s1"].away = true;
    CHECK(tell_sentinels(council, to_port(6380, 8)));
    CHECK(council.pauses == 0);
    council.members["s2"].away = true;
    council.pauses = 0;
    const auto told = tell_sentinels(council, to_port(6380, 8));
    REQUIRE_FALSE(told);
    CHECK(told.error().code == ErrorCode::interrupted);
}

TEST_CASE("Before anything is changed each has to take it") {
    Council council;
    council.members["s2"].answer = "NOPERM this user has no permissions to run the 'publish' command";
    const auto told = tell_sentinels(council, to_port(6379, 7, true));
    REQUIRE_FALSE(told);
    CHECK(told.error().message.starts_with("s2: "));
    CHECK(told.error().code == ErrorCode::forbidden);
}

TEST_CASE("One that names a third node is not overruled") {
    Council council;
    council.members["s3"] = {"6381", 12, "", false};
    const auto told = tell_sentinels(council, to_port(6380, 8));
    REQUIRE_FALSE(told);
    CHECK(told.error().code == ErrorCode::conflict);
    CHECK(told.error().message == "s3 names a third node");
    CHECK(council.members["s3"].epoch == 12);
}
