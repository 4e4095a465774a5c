#include "commands/ask_each.h"
#include "commands/command.h"
#include "redis/reply_error.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace redisctl {

namespace {

struct Options {
    std::vector<std::string> nodes;
};

std::optional<Error> fill(const AskedNode& node, Row row) {
    row.json["kind"] = node.node->kind == fleet::NodeKind::sentinel ? "sentinel" : "redis";
    std::optional<Error> error;
    if (!node.replies)
        error = node.replies.error();
    else if (node.replies->front().is_error())
        error = redis::reply_error(node.replies->front(), "PING");
    const double took_ms = static_cast<double>(node.took.count()) / 1000;
    const bool ok = !error && node.replies->front().text == "PONG";
    if (!error && !ok)
        error = Error{ErrorCode::protocol,
                      "the node answered PING with something else than PONG",
                      node.replies->front().text,
                      {},
                      {}};
    row.json["ok"] = ok;
    row.json["tookMs"] = node.replies ? nlohmann::ordered_json(took_ms) : nlohmann::ordered_json(nullptr);
    row.json["reply"] =
        node.replies ? nlohmann::ordered_json(node.replies->front().text) : nlohmann::ordered_json(nullptr);
    row.cells.emplace_back(ok ? output::Cell("PONG", output::Tone::good)
                              : output::Cell(std::string(error->name()), output::Tone::bad));
    row.cells.emplace_back(node.replies ? fmt::format("{:.1f}ms", took_ms) : std::string());
    row.cells.emplace_back(net::to_string(node.node->address));
    return error;
}

Result<ExitCode> run(Context& context, const Options& options) {
    TRY_ASSIGN(const Asked asked, ask_each(context, options.nodes, {{"PING"}}, Sentinels::asked));
    output::Document document("Ping", context.kube_context());
    const Answered answered =
        fill_rows(document, asked, {{"NODE"}, {"REPLY"}, output::numbers("TOOK"), {"ADDRESS"}}, fill);
    TRY(context.output().print(document));
    // One that is silent, or answers with an error, is a bad answer as long as anybody could be asked.
    return answered.no > 0 && answered.yes + answered.spoke > 0 ? ExitCode::bad_answer : shown(answered);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {
        {"NODE", "Nodes to ping; all of them when none is named", &options->nodes, false, true, "node"}};
    spec.examples = {"redisctl ping", "redisctl ping redis-0", "redisctl ping -A --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command ping_command{
    "ping",
    Group::judge,
    "Ask every Redis and Sentinel for a PONG, with the time that it took to connect and answer",
    Uses::target,
    {},
    bind,
    "Ping"};

}  // namespace redisctl
