#include "redis/metrics.h"

#include "base/interrupt.h"
#include "base/text.h"
#include "commands/ask_each.h"
#include "commands/command.h"
#include "commands/info_fields.h"
#include "commands/node_names.h"
#include "net/http_server.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view metrics_path = "/metrics", text_type = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view default_host = "127.0.0.1";
// Prometheus waits for 10 s by default; a silent node shall not cost it the others.
constexpr Millis scrape_in{5'000};

struct Options {
    std::vector<std::string> nodes;
    std::string serve;
};

struct Collected {
    redis::Metrics all;
    std::vector<redis::Metrics> by_node;
    std::vector<redis::Role> roles;
    Asked asked;
};

Result<Collected> collect(Context& context, const std::vector<std::string>& names) {
    const auto& sections = redis::metric_sections();
    Collected collected;
    TRY_ASSIGN(collected.asked, ask_each(context, names, info_requests(sections), Sentinels::left_out));
    for (AskedNode& node : collected.asked.nodes) {
        const Result<redis::InfoFields> info = info_of(node.replies, sections);
        const redis::Role role = info ? role_of(*info) : redis::Role::unknown;
        const redis::MetricLabels labels{{"namespace", node.instance->ns},
                                         {"instance", node.instance->name},
                                         {"pod", node.node->name},
                                         {"role", std::string(redis::role_name(role))}};
        redis::Metrics own;
        for (redis::Metrics* metrics : {&own, &collected.all})
            info ? metrics->add_node(*info, labels) : metrics->add_silent(labels);
        collected.by_node.push_back(std::move(own));
        collected.roles.push_back(role);
        if (!info) node.replies = fail(info.error());
    }
    return collected;
}

Json samples_json(const redis::Metrics& metrics) {
    Json all = Json::array();
    for (const redis::Metrics::Sample& sample : metrics.samples()) {
        Json labels = Json::object();
        for (const auto& [name, value] : sample.labels) labels[name] = value;
        all.push_back({{"name", sample.name}, {"labels", labels}, {"value", sample.value}});
    }
    return all;
}

Result<ExitCode> print(Context& context, const Options& options) {
    TRY_ASSIGN(const Collected collected, collect(context, options.nodes));
    output::Document document("Metrics", context.kube_context());
    const Answered answered =
        fill_rows(document, collected.asked, {}, [&](const AskedNode& node, Row row) -> std::optional<Error> {
            const auto i = static_cast<size_t>(&node - collected.asked.nodes.data());
            row.json["role"] = redis::role_name(collected.roles[i]);
            row.json["metrics"] = samples_json(collected.by_node[i]);
            return node.replies ? std::nullopt : std::optional(node.replies.error());
        });
    document.set_text(collected.all.text());
    TRY(context.output().print(document));
    return shown(answered);
}

Result<net::HostPort> address_of(const std::string& text) {
    const std::string_view whole(text);
    const size_t colon = whole.rfind(':');
    const std::string_view port = colon == std::string_view::npos ? whole : whole.substr(colon + 1);
    std::string_view host = colon == std::string_view::npos || colon == 0 ? default_host : whole.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    const auto number = parse_int(port);
    if (!number || *number < 0 || *number > 65535)
        return fail(ErrorCode::usage, fmt::format("--serve: '{}' is no ADDRESS:PORT", printable(text)), {},
                    "--serve 127.0.0.1:9121, or --serve 9121, or port 0 for a free one");
    return net::HostPort{std::string(host), static_cast<uint16_t>(*number)};
}

// Each scrape is a look of its own: what Prometheus gets is what is, and nothing is asked while nobody wants to know.
Result<ExitCode> serve(Context& context, const Options& options) {
    if (output::is_document(context.output().settings().format))
        return fail(ErrorCode::usage, "--serve goes with no format", "what is served is Prometheus' own",
                    "leave out -o");
    TRY_ASSIGN(const net::HostPort address, address_of(options.serve));
    context.begin_operation("metrics");
    // What is wrong with the first look is wrong for good.
    TRY(collect(context, options.nodes));
    TRY_ASSIGN(const std::unique_ptr<net::HttpServer> server, net::HttpServer::listen(context.loop(), address));
    TRY(context.output().write(
        fmt::format("http://{}{}\n", net::to_string({address.host, server->port()}), metrics_path)));
    while (interrupt::count() == 0 && !context.output().closed()) {
        if (!context.loop().run([&] { return server->asked(); }, Deadline::never())) break;
        for (const std::string& path : server->paths()) {
            if (path != metrics_path) {
                server->answer(path, path == "/" ? 200 : 404, "text/plain", "metrics stand at /metrics\n");
                continue;
            }
            context.look_until(Deadline::after(scrape_in));
            const Result<Collected> collected = collect(context, options.nodes);
            if (collected)
                server->answer(path, 200, text_type, collected->all.text());
            else
                server->answer(path, 503, "text/plain", printable(collected.error().message) + "\n");
        }
    }
    return ExitCode::ok;
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--serve", "[ADDRESS:]PORT",
                     "Serve them at /metrics until Ctrl-C; on 127.0.0.1 without an address, on a free port with port 0",
                     &options->serve}};
    spec.positionals = {nodes_to_show(options->nodes)};
    spec.examples = {"redisctl metrics", "redisctl metrics --serve 9121", "redisctl metrics -A --serve 0.0.0.0:9121"};
    spec.run = [options](Context& context) {
        return options->serve.empty() ? print(context, *options) : serve(context, *options);
    };
}

}  // namespace

extern const Command metrics_command{
    "metrics",
    Group::inspect,
    "Print metrics of all nodes for Prometheus, by the names of redis_exporter, or serve them",
    Uses::target,
    {},
    bind,
    "Metrics"};

}  // namespace redisctl
