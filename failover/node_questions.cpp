#include "failover/node_questions.h"

#include "base/text.h"
#include "redis/reply_error.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>

namespace redisctl::failover {

namespace {

using redis::Request;
using redis::Value;

// A command that a switch sends: as Facts call it, and a harmless form for ACL DRYRUN, which checks the arguments too.
struct Needed {
    std::string_view key;
    std::vector<std::string> example;
};
const std::vector<Needed>& needed() {
    static const std::vector<Needed> list = {
        {"failover", {"FAILOVER", "ABORT"}},
        {"replicaof", {"REPLICAOF", "NO", "ONE"}},
        {"replconf", {"REPLCONF", "GETACK", "*"}},
        {"psync", {"PSYNC", "?", "-1"}},
        {"config|set", {"CONFIG", "SET", "min-replicas-to-write", "0"}},
        {"client|kill", {"CLIENT", "KILL", "TYPE", "normal"}},
        {"client|pause", {"CLIENT", "PAUSE", "1", "WRITE"}},
        {"multi", {"MULTI"}},
        {"exec", {"EXEC"}},
        {"wait", {"WAIT", "1", "1"}},
        {"set", {"SET", "redisctl:probe:0", "1", "EX", "600"}},
    };
    return list;
}

// What a Sentinel of Valkey 9 sends to the master for a coordinated failover (valkey src/sentinel.c
// sentinelFailoverSendFailover).
const std::vector<Needed>& needed_by_sentinels() {
    static const std::vector<Needed> list = {
        {"failover", {"FAILOVER", "ABORT"}},
        {"client|pause", {"CLIENT", "PAUSE", "1", "WRITE"}},
        {"client|unpause", {"CLIENT", "UNPAUSE"}},
    };
    return list;
}

constexpr std::array settings{
    "maxmemory",
    "maxmemory-policy",
    "appendonly",
    "save",
    "maxclients",
    "min-replicas-to-write",
    "min-replicas-max-lag",
    "tls-replication",
    "masteruser",
    "masterauth",

    "repl-backlog-size",
    "replica-announce-ip",
    "replica-announce-port",
    "replica-read-only",
    "replica-priority",
    "repl-diskless-load",
    "notify-keyspace-events",
    "timeout",
    "client-output-buffer-limit",
    "databases",
    "hz",
    "dir",
};

// The questions before CONFIG GET, in this order.
enum Question : size_t { info, role, command_info, whoami, modules, command_calls, clients, listeners, first_setting };

Request command_info_request() {
    Request request = {"COMMAND", "INFO"};
    for (const Needed& one : needed()) request.push_back(one.example.front());
    return request;
}

// An INFO of all sections answers as each of its sections would.
Result<redis::NodeView> read_view(const Value& all, const Value& role) {
    return redis::parse_node_view({all, all, all, role});
}

void read_settings(std::span<const Value> replies, NodeFacts& facts) {
    Settings found;
    for (size_t i = 0; i < settings.size(); i++) {
        if (replies[i].is_error()) {
            facts.settings = fail(redis::reply_error(replies[i], "CONFIG GET"));
            return;
        }
        const auto pair = replies[i].as_array();
        if (!pair || (*pair)->size() < 2) continue;  // the server has no such setting
        const auto value = (**pair)[1].as_text();
        if (!value) continue;
        const std::string_view name = settings[i];
        if (name == "masterauth")
            found.master_password = Secret(std::string(*value));
        else
            found.values.emplace(name, *value);
    }
    facts.settings = std::move(found);
}

// Element 6 of a command's description, from 6.0 on: "@admin" …
std::vector<std::string> categories_of(const Value& command) {
    std::vector<std::string> categories;
    if (command.elements.size() < 7) return categories;
    for (const Value& category : command.elements[6].elements) categories.push_back(lower(category.text));
    return categories;
}

void read_commands(const Value& reply, NodeFacts& facts) {
    const auto commands = reply.as_array();
    if (!commands || (*commands)->size() != needed().size()) return;  // unknown, all of them
    const bool everybody_may = at_least(redis::text_of(facts.info, "redis_version"), "6.0") == false;
    const Ability known = everybody_may ? Ability::yes : Ability::unknown;
    for (size_t i = 0; i < needed().size(); i++) {
        const Value& command = (**commands)[i];
        const std::string key(needed()[i].key);
        facts.abilities[key] = command.is_nil() ? Ability::missing : known;
        facts.categories[key] = categories_of(command);
    }
}

Result<std::vector<std::string>> read_modules(const Value& reply, const Value& calls) {
    if (reply.is_error()) return fail(redis::reply_error(reply, "MODULE LIST"));
    TRY_ASSIGN(const auto* list, reply.as_array());
    std::vector<std::string> names;
    for (const Value& module : *list) {
        std::string name, path;
        for (size_t i = 0; i + 1 < module.elements.size(); i += 2) {
            if (module.elements[i].text == "name") name = printable(module.elements[i + 1].text);
            if (module.elements[i].text == "path") path = module.elements[i + 1].text;
        }
        // Valkey 9's engine of EVAL, a part of the server and no file: it writes when a client says so, and only then.
        if (name == "lua" && path == "lua") continue;
        names.push_back(std::move(name));
    }
    // Part of every Redis from 8.0 on, and of no consequence where nobody has ever used it.
    const auto text = calls.as_text();
    if (text && lower(*text).find("cmdstat_vadd:") == std::string::npos) std::erase(names, "vectorset");
    return names;
}

std::string field_of(std::string_view line, std::string_view name) {
    for (const std::string_view field : split(line, ' '))
        if (field.starts_with(name)) return printable(field.substr(name.size()));
    return {};
}

Result<Company> read_company(const Value& clients, const Value& listeners, std::string_view own_name) {
    if (clients.is_error()) return fail(redis::reply_error(clients, "CLIENT LIST"));
    TRY_ASSIGN(const std::string_view text, clients.as_text());
    Company company;
    for (const std::string_view line : split(text, '\n')) {
        std::string name = field_of(line, "name=");
        if (name.starts_with("sentinel-")) {
            company.sentinels.push_back(std::move(name));
            if (std::string user = field_of(line, "user="); !user.empty())
                company.sentinel_users.push_back(std::move(user));
        } else if (names_operation(name) && name != own_name)
            company.operations.push_back(std::move(name));
    }
    for (auto* names : {&company.operations, &company.sentinels, &company.sentinel_users}) {
        std::sort(names->begin(), names->end());
        names->erase(std::unique(names->begin(), names->end()), names->end());
    }
    if (const auto pair = listeners.as_array(); pair && (*pair)->size() == 2)
        if (const auto count = (**pair)[1].as_integer()) company.listeners = *count;
    return company;
}

bool has_dry_run(const NodeFacts& facts) {
    return at_least(redis::text_of(facts.info, "redis_version"), "7.0") == true;
}

// The rules of a user, from the left; the last that fits decides. "+client|kill" permits one subcommand of a command
// (redis src/acl.c ACLSetUser).
bool permits(std::string_view rules, std::string_view key, const std::vector<std::string>& categories) {
    bool permitted = false;
    const std::string command(key.substr(0, key.find('|')));
    for (const std::string_view rule : split(rules, ' ')) {
        if (rule.size() < 2) continue;
        const std::string name = lower(rule.substr(1));
        const bool fits = name == "@all" || name == command || name == key ||
                          std::find(categories.begin(), categories.end(), name) != categories.end();
        if (fits) permitted = rule.front() == '+';
    }
    return permitted;
}

void read_rules(const Value& user, NodeFacts& facts) {
    const auto fields = user.as_array();
    if (!fields) return;
    for (size_t i = 0; i + 1 < (*fields)->size(); i += 2) {
        if ((**fields)[i].text != "commands") continue;
        for (auto& [key, can] : facts.abilities)
            if (can == Ability::unknown)
                can = permits((**fields)[i + 1].text, key, facts.categories[key]) ? Ability::yes : Ability::denied;
    }
}

}  // namespace

std::vector<Request> first_questions() {
    std::vector<Request> questions = {{"INFO"},
                                      {"ROLE"},
                                      command_info_request(),
                                      {"ACL", "WHOAMI"},
                                      {"MODULE", "LIST"},
                                      {"INFO", "commandstats"},
                                      {"CLIENT", "LIST", "TYPE", "normal"},
                                      {"PUBSUB", "NUMSUB", "__sentinel__:hello"}};
    for (const char* name : settings) questions.push_back({"CONFIG", "GET", name});
    return questions;
}

Result<NodeFacts> read_first(const std::vector<Value>& replies, std::string_view own_name) {
    if (replies.size() != first_setting + settings.size())
        return fail(ErrorCode::protocol, fmt::format("the node sent {} replies to {} requests", replies.size(),
                                                     first_setting + settings.size()));
    NodeFacts facts;
    TRY_ASSIGN(redis::NodeView view, read_view(replies[info], replies[role]));
    facts.view = std::move(view);
    TRY_ASSIGN(facts.info, redis::read_info(replies[info], "server"));
    if (const auto user = replies[whoami].as_text(); user && !replies[whoami].is_error()) facts.user = *user;
    read_commands(replies[command_info], facts);
    facts.modules = read_modules(replies[modules], replies[command_calls]);
    facts.company = read_company(replies[clients], replies[listeners], own_name);
    read_settings(std::span(replies).subspan(first_setting), facts);
    return facts;
}

namespace {

Request dry_run(const std::string& user, const Needed& one) {
    Request question = {"ACL", "DRYRUN", user};
    question.insert(question.end(), one.example.begin(), one.example.end());
    return question;
}

Ability said_by(const Value& reply) {
    if (reply.type == Value::Type::status && reply.text == "OK") return Ability::yes;
    // A sentence: "This user has no permissions to …"
    return reply.is_error() ? Ability::unknown : Ability::denied;
}

const std::vector<std::string>& sentinel_users(const NodeFacts& facts) {
    static const std::vector<std::string> none;
    return facts.company ? facts.company->sentinel_users : none;
}

}  // namespace

std::vector<Request> permission_questions(const NodeFacts& facts) {
    if (!facts.view || facts.user.empty() || facts.abilities.empty()) return {};
    if (!has_dry_run(facts)) return {{"ACL", "GETUSER", facts.user}};
    std::vector<Request> questions;
    for (const Needed& one : needed()) {
        if (ability(facts, one.key) == Ability::missing) continue;
        questions.push_back(dry_run(facts.user, one));
    }
    for (const std::string& user : sentinel_users(facts))
        for (const Needed& one : needed_by_sentinels()) questions.push_back(dry_run(user, one));
    return questions;
}

void read_permissions(const std::vector<Value>& replies, NodeFacts& facts) {
    if (replies.empty()) return;
    if (!has_dry_run(facts)) return read_rules(replies.front(), facts);
    size_t next = 0;
    for (const Needed& one : needed()) {
        Ability& can = facts.abilities[std::string(one.key)];
        if (can == Ability::missing || next == replies.size()) continue;
        const Ability said = said_by(replies[next++]);
        if (said != Ability::unknown) can = said;
    }
    for (size_t i = 0; i < sentinel_users(facts).size(); i++)
        for (const Needed& one : needed_by_sentinels()) {
            if (next == replies.size()) return;
            const auto [can, first] = facts.sentinel_abilities.try_emplace(std::string(one.key), Ability::yes);
            if (const Ability said = said_by(replies[next++]); said != Ability::yes) can->second = said;
        }
}

std::vector<Request> last_questions() {
    return {{"INFO"}, {"ROLE"}};
}

Result<redis::NodeView> read_last(const std::vector<Value>& replies, NodeFacts& facts) {
    if (replies.size() != 2) return fail(ErrorCode::protocol, "the node did not answer both INFO and ROLE");
    TRY_ASSIGN(redis::NodeView view, read_view(replies[0], replies[1]));
    TRY_ASSIGN(facts.info, redis::read_info(replies[0], "server"));
    return view;
}

bool names_operation(std::string_view client_name) {
    constexpr std::string_view ours = "redisctl:";
    if (!client_name.starts_with(ours)) return false;
    const std::string_view id = client_name.substr(ours.size());
    return id.size() == 12 && id.find_first_not_of("0123456789abcdef") == id.npos;
}

}  // namespace redisctl::failover
