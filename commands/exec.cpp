#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/consent.h"
#include "commands/look.h"
#include "commands/node_names.h"
#include "commands/number_flag.h"
#include "commands/reply_text.h"
#include "redis/command_facts.h"
#include "redis/reply_error.h"
#include "redis/sensitive.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using redis::Danger;

struct Options {
    std::vector<std::string> command;
    bool master = false, replicas = false, all = false;
    std::string database, confirm;
};

// A node that is to be asked, and what the look learned of it.
struct Target {
    size_t instance;
    const fleet::Node* node;
    const topology::NodePicture* picture;

    redis::Role role() const { return picture->view ? picture->view->role : redis::Role::unknown; }
};

Result<void> check_words(const Options& options) {
    if (options.command.empty())
        return fail(ErrorCode::usage, "no command is given", "what a server is to do stands behind --",
                    "redisctl exec -- INFO memory");
    if (options.master + options.replicas + options.all > 1)
        return fail(ErrorCode::usage, "--master, --replicas and --all exclude each other");
    const std::string name = printable(options.command.front());
    switch (redis::danger_of(options.command)) {
        case Danger::changes_roles:
            return fail(Error{ErrorCode::refused, fmt::format("{} is not sent", name),
                              "it changes who follows whom, without a check before or after",
                              "redisctl failover, redisctl resync-replica or redisctl heal", "CHANGES_ROLES"});
        case Danger::session:
            return fail(Error{ErrorCode::refused, fmt::format("{} is not sent", name),
                              "it has no end, or is about nothing but its own connection, which is closed at once",
                              lower(name) == "select"    ? "redisctl exec --db N -- COMMAND"
                              : lower(name) == "monitor" ? "redisctl monitor"
                                                         : "",
                              "ABOUT_THE_SESSION"});
        default:
            return {};
    }
}

// By --node, or by role: the master by default, also where it is the only node.
Result<std::vector<Target>> targets_of(const Look& seen, const Options& options, const Globals& globals) {
    TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen.found, {}, globals.nodes));
    std::vector<Target> targets;
    for (size_t i = 0; i < seen.pictures.size(); i++) {
        const topology::Picture& picture = seen.pictures[i];
        const fleet::Instance& instance = seen.found.inventory.instances[i];
        const bool by_role = globals.nodes.empty() && !options.all;
        if (by_role && !options.replicas && picture.master.empty())
            return fail(Error{ErrorCode::refused, fmt::format("{} has no agreed master", picture.full_name()),
                              "without --node, --replicas or --all the command is for the master",
                              "redisctl master-info, or redisctl exec --node NODE -- …", "NO_MASTER"});
        for (const topology::NodePicture& node : picture.nodes) {
            const auto found = std::ranges::find(instance.nodes, node.name, &fleet::Node::name);
            if (found == instance.nodes.end()) continue;
            const Target target{i, &*found, &node};
            if (!wanted.has(node.name)) continue;
            if (options.replicas && target.role() != redis::Role::replica) continue;
            const bool only_master = options.master || (by_role && !options.replicas);
            if (only_master && node.name != picture.master) continue;
            targets.push_back(target);
        }
    }
    if (targets.empty())
        return fail(Error{ErrorCode::not_found, "no node is left to send the command to", {}, "redisctl role", {}});
    return targets;
}

// By the node's own table of commands: what writes does not go to a replica, and nowhere when nothing may be changed.
Result<void> refuse_writes(Context& context, const std::vector<Target>& targets, const redis::Request& command) {
    const Result<void> allowed = changes_allowed(context.environment());
    if (!allowed && redis::danger_of(command) != Danger::none) return allowed;
    std::vector<fleet::Call> calls;
    for (const Target& target : targets)
        if (!allowed || target.role() == redis::Role::replica)
            calls.push_back({target.node, {redis::command_info_request(command)}});
    if (calls.empty()) return {};
    const std::vector<fleet::Outcome> outcomes = context.ask_further(calls);
    for (size_t i = 0; i < outcomes.size(); i++) {
        const std::optional<bool> writes =
            outcomes[i].replies ? redis::may_write(outcomes[i].replies->front(), command) : std::nullopt;
        if (!allowed && writes.value_or(true)) return allowed;
        if (writes.value_or(false))
            return fail(Error{ErrorCode::refused,
                              fmt::format("{} is not sent to {}", printable(command.front()), calls[i].node->name),
                              "it writes, and the node is a replica: what is written there is lost or refused",
                              "redisctl exec --master -- …", "WRITE_TO_REPLICA"});
    }
    return {};
}

Result<void> consent_to(const Look& seen, const std::vector<Target>& targets, const Options& options) {
    const Danger danger = redis::danger_of(options.command);
    if (danger == Danger::none) return {};
    const topology::Picture& picture = seen.pictures[targets.front().instance];
    std::string names;
    for (const Target& target : targets) {
        if (target.instance != targets.front().instance)
            return fail(
                Error{ErrorCode::refused,
                      fmt::format("{} is not sent to several instances at once", printable(options.command.front())),
                      {},
                      "--instance NAME",
                      "SEVERAL_INSTANCES"});
        names +=
            fmt::format("{}{} ({})", names.empty() ? "" : ", ", target.node->name, redis::role_name(target.role()));
    }
    const std::string does = danger == Danger::blocks ? "lets every client wait" : "may destroy data or service";
    return ask_for_name(picture.name, options.confirm,
                        fmt::format("{} {}, on {}.\n", printable(options.command.front()), does, names));
}

// What CONFIG GET says of a password stays hidden here too.
redis::Value without_secrets(redis::Value reply, const redis::Request& command) {
    if (command.size() < 2 || lower(command[0]) != "config" || lower(command[1]) != "get") return reply;
    for (size_t i = 0; i + 1 < reply.elements.size(); i += 2)
        if (redis::is_secret_parameter(reply.elements[i].text) && !reply.elements[i + 1].text.empty())
            reply.elements[i + 1].text = redis::hidden;
    return reply;
}

// The last reply, or why there is none. A connection that broke may have broken behind the command.
Result<redis::Value> reply_of(const fleet::Outcome& outcome, const redis::Request& command) {
    TRY(outcome.replies);
    for (const redis::Value& reply : *outcome.replies)
        if (reply.is_error()) return fail(redis::reply_error(reply, command.front()));
    return without_secrets(outcome.replies->back(), command);
}

Result<ExitCode> run(Context& context, const Options& options) {
    TRY(check_words(options));
    TRY_ASSIGN(const std::optional<int64_t> database, database_flag("--db", options.database));
    TRY_ASSIGN(const Look seen, look(context));
    TRY_ASSIGN(const std::vector<Target> targets, targets_of(seen, options, context.globals()));
    TRY(refuse_writes(context, targets, options.command));
    TRY(consent_to(seen, targets, options));

    std::vector<redis::Request> requests;
    if (database) requests.push_back({"SELECT", std::to_string(*database)});
    requests.push_back(options.command);
    std::vector<fleet::Call> calls;
    for (const Target& target : targets) calls.push_back({target.node, requests});
    const std::vector<fleet::Outcome> outcomes = context.ask_further(calls);

    output::Document document("Exec", context.kube_context());
    Answered answered;
    std::string text;
    std::vector<Json> items(seen.pictures.size());
    for (size_t i = 0; i < targets.size(); i++) {
        const Target& target = targets[i];
        const topology::Picture& picture = seen.pictures[target.instance];
        const Result<redis::Value> reply = reply_of(outcomes[i], options.command);
        const std::optional<Error> error = reply ? std::nullopt : std::optional(reply.error());
        answered.count(error);
        if (error) document.add_error({picture.full_name(), target.node->name, *error});
        Json& item = items[target.instance];
        if (item.is_null())
            item = {{"instance", picture.name}, {"namespace", text_or_null(picture.ns)}, {"nodes", Json::array()}};
        item["nodes"].push_back(
            {{"name", target.node->name},
             {"role", redis::role_name(target.role())},
             {"reply", reply ? reply_json(*reply) : Json(nullptr)},
             {"error", error ? output::to_json(output::ErrorItem{"", target.node->name, *error}) : Json(nullptr)}});
        document.add_name(target.node->name);
        if (!reply) continue;
        if (targets.size() > 1) text += fmt::format("# {} ({})\n", target.node->name, redis::role_name(target.role()));
        text += reply_text(*reply);
    }
    for (Json& item : items)
        if (!item.is_null()) document.add_item(std::move(item));
    document.set_text(std::move(text));
    TRY(context.output().print(document));
    return shown(answered);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--master", "", "Send it to the master; the default", &options->master},
                    {"--replicas", "", "Send it to every replica", &options->replicas},
                    {"--all", "", "Send it to every node", &options->all},
                    {"--db", "N", "In this database; 0 by default", &options->database},
                    {"--confirm",
                     "NAME",
                     "The instance's name, for commands that destroy something or let everybody wait",
                     &options->confirm,
                     {},
                     "instance"}};
    spec.rest_is_argv = true;
    spec.rest = &options->command;
    spec.examples = {"redisctl exec -- GET greeting", "redisctl exec --all -- INFO memory",
                     "redisctl exec --node redis-1 --json -- CONFIG GET maxmemory"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command exec_command{
    "exec",
    Group::inspect,
    "Send a command of Redis, word for word: to the master, or to the nodes that are named",
    Uses::target,
    {"cli"},
    bind,
    "Exec"};

}  // namespace redisctl
