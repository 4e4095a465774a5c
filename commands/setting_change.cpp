#include "commands/setting_change.h"

#include "base/text.h"
#include "commands/consent.h"
#include "commands/node_names.h"
#include "commands/parameters.h"
#include "redis/info_fields.h"
#include "redis/reply_error.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl {

namespace {

constexpr Millis set_in{5'000};

fleet::Outcome ask(Context& context, const fleet::Node& node, std::vector<redis::Request> requests) {
    const fleet::Call call{&node, std::move(requests)};
    return std::move(context.fleet().exec({&call, 1}, Deadline::after(set_in)).front());
}

bool says_only_at_start(const redis::Value& reply) {
    return reply.text.find("immutable config") != std::string::npos ||
           reply.text.find("Unsupported CONFIG parameter") != std::string::npos;
}

}  // namespace

Result<std::vector<NodeToSet>> nodes_to_set(const Context& context, const Look& seen,
                                            const std::function<bool(const std::string& name)>& wanted) {
    TRY_ASSIGN(const NodeNames names, NodeNames::among(seen.found, {}, context.globals().nodes));
    const std::vector<topology::NodePicture>& pictures = seen.pictures.front().nodes;
    std::vector<NodeToSet> nodes;
    for (const fleet::Node& node : seen.found.inventory.instances.front().nodes) {
        const auto known = std::ranges::find(pictures, node.name, &topology::NodePicture::name);
        if (!names.has(node.name) || known == pictures.end() || !wanted(node.name)) continue;
        if (!known->view)
            return fail(Error{ErrorCode::refused, fmt::format("{} does not answer", node.name),
                              known->error ? known->error->message : std::string(),
                              "name those that are to be set: --node NODE", "NODE_SILENT"});
        nodes.push_back({&node, known->view->role});
    }
    std::ranges::stable_partition(nodes, [](const NodeToSet& one) { return one.role != redis::Role::master; });
    return nodes;
}

Result<void> agree_to_set(Context& context, const std::string& plan, const std::string& question) {
    const bool unseen = output::is_document(context.output().settings().format);
    TRY_ASSIGN(const bool yes, ask_yes_no(unseen ? plan + question : question, "--yes"));
    if (yes) return {};
    return fail(Error{ErrorCode::refused, "nothing was set", "the answer was no", {}, "NOT_CONFIRMED"});
}

Result<std::string> setting_of(const redis::Value& reply, const std::string& parameter) {
    TRY_ASSIGN(const redis::InfoFields pairs, redis::read_pairs(reply, "CONFIG"));
    const auto found = pairs.find(parameter);
    if (found != pairs.end()) return found->second;
    return fail(Error{ErrorCode::refused,
                      fmt::format("there is no parameter {}", printable(parameter)),
                      {},
                      "redisctl config get names them all",
                      "NO_PARAMETER"});
}

bool same_setting(std::string_view written, std::string_view said) {
    const Result<uint64_t> wanted = parse_bytes(written);
    return (wanted && std::to_string(*wanted) == said) || lower(said) == lower(written);
}

bool apply(Context& context, SettingChange& change) {
    const auto [replies, took, sent] =
        ask(context, *change.node,
            {{"CONFIG", "SET", change.parameter, change.value}, {"CONFIG", "GET", change.parameter}});
    change.set = replies ? !replies->front().is_error() : sent;
    if (!replies) {
        change.error = replies.error();
    } else if (replies->front().is_error()) {
        change.only_at_start = says_only_at_start(replies->front());
        change.error = redis::reply_error(replies->front(), "CONFIG SET");
    } else if (Result<std::string> after = setting_of(replies->back(), change.parameter)) {
        change.after = std::move(*after);
    } else {
        change.error = after.error();
    }
    const bool ignored = change.after && *change.after == change.before && change.before != change.value &&
                         !same_setting(change.value, change.before);
    if (!change.error && ignored)
        change.error = Error{ErrorCode::server,
                             fmt::format("{} did not take the value", change.node->name),
                             fmt::format("it still says {}", shown_value(change.parameter, change.before)),
                             {},
                             "NOT_TAKEN"};
    return !change.error;
}

bool take_back(Context& context, SettingChange& change) {
    const auto replies =
        ask(context, *change.node,
            {{"CONFIG", "SET", change.parameter, change.before}, {"CONFIG", "GET", change.parameter}})
            .replies;
    const Result<std::string> now =
        replies ? setting_of(replies->back(), change.parameter) : Result<std::string>(fail(replies.error()));
    change.undone = now && *now == change.before;
    if (now) change.after = *now;
    if (!change.undone && !change.error)
        change.error = Error{ErrorCode::server, fmt::format("{} keeps the new value", change.node->name),
                             now ? "it did not take the old one back" : now.error().message,
                             fmt::format("redisctl config get {}", change.parameter), "NOT_UNDONE"};
    return change.undone;
}

Result<void> rewrite_file(Context& context, const fleet::Node& node) {
    const auto replies = ask(context, node, {{"CONFIG", "REWRITE"}}).replies;
    if (replies && !replies->front().is_error()) return {};
    Error error = replies ? redis::reply_error(replies->front(), "CONFIG REWRITE") : replies.error();
    error.message = fmt::format("{} has the value, and not in its file: {}", node.name, error.message);
    error.reason = "NOT_REWRITTEN";
    return fail(std::move(error));
}

}  // namespace redisctl
