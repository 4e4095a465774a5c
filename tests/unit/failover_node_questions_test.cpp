#include "failover/node_questions.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::failover;
using redis::Request;
using redis::Value;

namespace {

Value text(std::string content) {
    return {Value::Type::string, std::move(content), 0, {}};
}
Value status(std::string content) {
    return {Value::Type::status, std::move(content), 0, {}};
}
Value error(std::string content) {
    return {Value::Type::error, std::move(content), 0, {}};
}
Value number(int64_t value) {
    return {Value::Type::integer, {}, value, {}};
}
Value list(std::vector<Value> elements) {
    return {Value::Type::array, {}, 0, std::move(elements)};
}
Value nil() {
    return {};
}

constexpr const char* info_of_master =
    "# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\nredis_mode:standalone\r\ntcp_port:6379\r\n"
    "# Memory\r\nused_memory:1000\r\n# Persistence\r\nloading:0\r\n"
    "# Replication\r\nrole:master\r\nmaster_repl_offset:42\r\nmaster_replid:aaaa\r\n";

// A command as COMMAND INFO describes it, with its ACL categories.
Value command(const std::string& name, std::vector<Value> categories) {
    return list({text(name), number(-1), list({}), number(0), number(0), number(0), list(std::move(categories))});
}

// What a 7.0 answers to the first questions.
struct Answers {
    Answers() {
        for (const Request& question : first_questions()) {
            if (question[0] == "COMMAND") {
                std::vector<Value> commands;
                for (size_t i = 2; i < question.size(); i++)
                    commands.push_back(command(question[i], {status("@slow")}));
                replies.push_back(list(std::move(commands)));
            } else if (question[0] == "CONFIG") {
                const std::string& name = question[2];
                replies.push_back(list({text(name), text(name == "masterauth" ? "s3cret" : "of " + name)}));
            } else {
                replies.push_back(question == Request{"INFO"} ? text(info_of_master)
                                  : question[0] == "ROLE"     ? list({text("master"), number(42), list({})})
                                  : question[0] == "ACL"      ? text("default")
                                  : question[0] == "MODULE"   ? list({})
                                  : question[0] == "CLIENT"
                                      ? text("id=3 addr=127.0.0.1:1 name=redisctl:0123456789ab age=1\n")
                                  : question[0] == "PUBSUB" ? list({text("__sentinel__:hello"), number(0)})
                                                            : text("cmdstat_set:calls=1\r\n"));
            }
        }
    }
    Value& to(const Request& question) {
        const auto questions = first_questions();
        for (size_t i = 0; i < questions.size(); i++)
            if (questions[i] == question) return replies[i];
        throw std::out_of_range("not asked");
    }
    Value& to_command(const std::string& name) {
        const auto questions = first_questions();
        for (size_t i = 0; i < questions.size(); i++)
            for (size_t n = 2; questions[i][0] == "COMMAND" && n < questions[i].size(); n++)
                if (questions[i][n] == name) return replies[i].elements[n - 2];
        throw std::out_of_range("not asked");
    }
    NodeFacts read() const {
        auto facts = read_first(replies, "redisctl:0123456789ab");
        REQUIRE(facts);
        return std::move(*facts);
    }
    std::vector<Value> replies;
};

const Request client_list = {"CLIENT", "LIST", "TYPE", "normal"};

}  // namespace

TEST_CASE("A node's answers become facts, its password a secret") {
    const NodeFacts facts = Answers().read();
    CHECK(facts.view->role == redis::Role::master);
    CHECK(facts.view->master_offset == 42);
    CHECK(redis::count_of(facts.info, "used_memory") == 1000);
    CHECK(facts.user == "default");
    CHECK(facts.modules->empty());
    CHECK(facts.company->operations.empty());
    CHECK(facts.company->listeners == 0);
    CHECK(facts.settings->values.at("maxmemory") == "of maxmemory");
    CHECK(facts.settings->master_password.reveal() == "s3cret");
    for (const auto& [name, value] : facts.settings->values) CHECK(value != "s3cret");
    CHECK(ability(facts, "failover") == Ability::unknown);  // until it is asked
}

TEST_CASE("What a node does not permit stays unknown with its reason; the rest counts") {
    Answers answers;
    answers.to({"MODULE", "LIST"}) = error("NOPERM this user has no permissions to run the 'module|list' command");
    answers.to(client_list) = error("NOPERM this user has no permissions to run the 'client|list' command");
    answers.to({"CONFIG", "GET", "maxmemory"}) = error("ERR unknown command 'CONFIG', with args beginning with: 'GET'");
    const NodeFacts facts = answers.read();
    CHECK(facts.modules.error().reason == "NOPERM");
    CHECK(facts.company.error().reason == "NOPERM");
    CHECK(facts.settings.error().reason == "UNKNOWN_COMMAND");
    CHECK(facts.view->role == redis::Role::master);
}

TEST_CASE("A node that cannot say what it is, is no node") {
    Answers answers;
    answers.to({"INFO"}) = error("LOADING Redis is loading the dataset in memory");
    CHECK(read_first(answers.replies, "").error().reason == "LOADING");
    answers.replies.pop_back();
    CHECK(read_first(answers.replies, "").error().code == ErrorCode::protocol);
}

TEST_CASE("Others at work are known by the names of their connections") {
    Answers answers;
    answers.to(client_list) = text(
        "id=1 addr=127.0.0.1:1 name=redisctl:0123456789ab age=1\n"
        "id=2 addr=127.0.0.1:2 name=redisctl:ba9876543210 age=1\n"
        "id=3 addr=127.0.0.1:3 name=redisctl:replica-lag age=1\n"
        "id=4 addr=127.0.0.1:4 name=sentinel-0f0f-cmd age=1\n"
        "id=5 addr=127.0.0.1:5 name= age=1\nid=6 addr=127.0.0.1:6 name=redisctl:ba9876543210 age=1\n");
    answers.to({"PUBSUB", "NUMSUB", "__sentinel__:hello"}) = list({text("__sentinel__:hello"), number(3)});
    const NodeFacts facts = answers.read();
    CHECK(facts.company->operations == std::vector<std::string>{"redisctl:ba9876543210"});
    CHECK(facts.company->sentinels == std::vector<std::string>{"sentinel-0f0f-cmd"});
    CHECK(facts.company->listeners == 3);
    CHECK_FALSE(names_operation("redisctl:failover"));
    CHECK_FALSE(names_operation("redisctl:0123456789aB"));
    CHECK_FALSE(names_operation("app"));
}

TEST_CASE("The vector sets of Redis 8 count as a module once they were used") {
    Answers answers;
    const Value vectors = list({text("name"), text("vectorset"), text("ver"), number(1)});
    const Value search = list({text("name"), text("search"), text("ver"), number(20)});
    answers.to({"MODULE", "LIST"}) = list({vectors, search});
    CHECK(*answers.read().modules == std::vector<std::string>{"search"});
    answers.to({"INFO", "commandstats"}) = text("cmdstat_VADD:calls=1\r\n");
    CHECK(*answers.read().modules == std::vector<std::string>{"vectorset", "search"});
    answers.to({"INFO", "commandstats"}) = error("NOPERM no");
    CHECK(*answers.read().modules == std::vector<std::string>{"vectorset", "search"});
}

TEST_CASE("The engine of EVAL is no module of Valkey 9, a file of its name is one") {
    Answers answers;
    const auto lua = [](const char* path) {
        return list(
            {text("name"), text("lua"), text("ver"), number(1), text("path"), text(path), text("args"), list({})});
    };
    answers.to({"MODULE", "LIST"}) = list({lua("lua")});
    CHECK(answers.read().modules->empty());
    answers.to({"MODULE", "LIST"}) = list({lua("/usr/lib/lua.so")});
    CHECK(*answers.read().modules == std::vector<std::string>{"lua"});
}

TEST_CASE("What the users of connected Sentinels may do is asked too: all of them must") {
    Answers answers;
    answers.to({"CLIENT", "LIST", "TYPE", "normal"}) = text(
        "id=3 name=sentinel-8f2a1b3c-cmd user=one\nid=4 name=sentinel-11111111-cmd user=two\nid=5 name= user=app\n");
    NodeFacts facts = answers.read();
    CHECK(facts.company->sentinel_users == std::vector<std::string>{"one", "two"});
    const auto questions = permission_questions(facts);
    REQUIRE(questions.size() == 17);
    CHECK(questions[11] == Request{"ACL", "DRYRUN", "one", "FAILOVER", "ABORT"});
    CHECK(questions[16] == Request{"ACL", "DRYRUN", "two", "CLIENT", "UNPAUSE"});
    std::vector<Value> replies(questions.size(), status("OK"));
    replies[12] = text("User one has no permissions to run the 'client|pause' command");
    replies[16] = error("ERR no");
    read_permissions(replies, facts);
    CHECK(facts.sentinel_abilities["failover"] == Ability::yes);
    CHECK(facts.sentinel_abilities["client|pause"] == Ability::denied);
    CHECK(facts.sentinel_abilities["client|unpause"] == Ability::unknown);
}

TEST_CASE("From 7.0 on the server is asked what our user may do") {
    Answers answers;
    answers.to_command("FAILOVER") = nil();  // renamed
    NodeFacts facts = answers.read();
    const auto questions = permission_questions(facts);
    REQUIRE(questions.size() == 10);
    CHECK(questions[0] == Request{"ACL", "DRYRUN", "default", "REPLICAOF", "NO", "ONE"});
    std::vector<Value> replies(questions.size(), status("OK"));
    replies[1] = text("User default has no permissions to run the 'replconf' command");
    replies[2] = error("NOPERM this user has no permissions to run the 'acl|dryrun' command");
    read_permissions(replies, facts);
    CHECK(ability(facts, "failover") == Ability::missing);
    CHECK(ability(facts, "replicaof") == Ability::yes);
    CHECK(ability(facts, "replconf") == Ability::denied);
    CHECK(ability(facts, "psync") == Ability::unknown);
    CHECK(ability(facts, "set") == Ability::yes);
    CHECK(ability(facts, "nosuch") == Ability::unknown);
}

TEST_CASE("On 6.x the user's rules decide, the last that fits; before 6.0 everybody may") {
    Answers answers;
    std::string old_info = info_of_master;
    old_info.replace(old_info.find("7.0.15"), 6, "6.0.16");
    answers.to({"INFO"}) = text(old_info);
    answers.to_command("CONFIG") = command("config", {status("@admin"), status("@dangerous")});
    answers.to_command("CLIENT") = command("client", {status("@admin")});
    answers.to_command("SET") = command("set", {status("@write")});
    NodeFacts facts = answers.read();
    CHECK(permission_questions(facts) == std::vector<Request>{{"ACL", "GETUSER", "default"}});
    read_permissions({list({text("flags"), list({text("on")}), text("commands"),
                            text("-@all +@write -set +wait +@admin -client +client|kill")})},
                     facts);
    CHECK(ability(facts, "set") == Ability::denied);
    CHECK(ability(facts, "wait") == Ability::yes);
    CHECK(ability(facts, "config|set") == Ability::yes);
    CHECK(ability(facts, "client|kill") == Ability::yes);
    CHECK(ability(facts, "client|pause") == Ability::denied);
    CHECK(ability(facts, "exec") == Ability::denied);

    NodeFacts silent = answers.read();
    read_permissions({error("NOPERM no")}, silent);
    CHECK(ability(silent, "set") == Ability::unknown);

    old_info.replace(old_info.find("6.0.16"), 6, "5.0.14");
    answers.to({"INFO"}) = text(old_info);
    answers.to({"ACL", "WHOAMI"}) = error("ERR unknown command `ACL`");
    facts = answers.read();
    CHECK(permission_questions(facts).empty());
    CHECK(ability(facts, "config|set") == Ability::yes);
}
