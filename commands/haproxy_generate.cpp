#include "clients/haproxy_generate.h"

#include "base/json_values.h"
#include "commands/command.h"
#include "commands/look.h"
#include "commands/upstream.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string write_port, read_port, bind, interval, cluster_domain, password_variable, certificates;
    bool with_secrets = false, bind_tls = false;
};

Result<void> take_port(std::string_view flag, const std::string& text, uint16_t& target) {
    if (text.empty()) return {};
    const auto port = parse_port(text);
    if (!port)
        return fail(ErrorCode::usage, fmt::format("{}: '{}' is no port", flag, printable(text)), "1 to 65535 is",
                    fmt::format("{} {}", flag, target));
    target = *port;
    return {};
}

// It becomes a word of haproxy.cfg, and must not become two or end the line.
Result<void> take_word(std::string_view flag, const std::string& text, std::string& target) {
    if (text.empty()) return {};
    const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) || std::string_view("-._/:*[]%@").find(static_cast<char>(c)) != std::string_view::npos;
    });
    if (!plain)
        return fail(ErrorCode::usage, fmt::format("{} does not take '{}'", flag, printable(text)),
                    "only letters, digits and -._/:*[]%@ can stand there", fmt::format("{} {}", flag, target));
    target = text;
    return {};
}

Result<clients::HaproxyWish> wish_of(const Options& options) {
    clients::HaproxyWish wish;
    TRY(take_port("--write-port", options.write_port, wish.write_port));
    TRY(take_port("--read-port", options.read_port, wish.read_port));
    if (wish.write_port == wish.read_port)
        return fail(ErrorCode::usage, "--write-port and --read-port are the same",
                    "HAProxy sees no commands, so one port cannot tell writes from reads",
                    fmt::format("--write-port {} --read-port {}", wish.write_port, wish.write_port % 65535 + 1));
    TRY(take_word("--bind", options.bind, wish.bind));
    TRY(take_word("--cluster-domain", options.cluster_domain, wish.cluster_domain));
    TRY(take_word("--certificates", options.certificates, wish.certificates));
    if (!options.password_variable.empty()) {
        const std::string& name = options.password_variable;
        const bool is_name =
            !std::isdigit(static_cast<unsigned char>(name.front())) &&
            std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
        if (!is_name)
            return fail(ErrorCode::usage,
                        fmt::format("--password-variable: '{}' is no name of a variable", printable(name)), {},
                        "--password-variable REDIS_PASSWORD");
        wish.password_variable = name;
    }
    if (!options.interval.empty()) {
        auto interval = parse_duration(options.interval);
        if (!interval || *interval < Millis(10) || *interval > Millis(60'000))
            return fail(ErrorCode::usage,
                        fmt::format("--interval: '{}' is no time between checks", printable(options.interval)),
                        "10ms to 60s is", "--interval 100ms");
        wish.interval = *interval;
    }
    wish.with_secrets = options.with_secrets;
    wish.bind_tls = options.bind_tls;
    return wish;
}

Json item_of(const clients::Upstream& upstream, const clients::HaproxyWish& wish, const std::string& text) {
    Json item{{"instance", upstream.name}, {"namespace", text_or_null(upstream.ns)}};
    item["writePort"] = wish.write_port;
    item["readPort"] = wish.read_port;
    const bool holds = upstream.redis.login && upstream.redis.read && wish.with_secrets;
    item["passwordVariable"] = upstream.redis.login && !holds ? Json(wish.password_variable) : Json(nullptr);
    item["holdsPassword"] = holds;
    item["servers"] = Json::array();
    for (const clients::UpstreamNode& node : upstream.nodes)
        item["servers"].push_back(Json{{"name", clients::haproxy_server_name(node.name)},
                                       {"node", node.name},
                                       {"address", net::to_string(node.address)}});
    item["text"] = text;
    return item;
}

Result<ExitCode> run(Context& context, const Options& options) {
    TRY_ASSIGN(const clients::HaproxyWish wish, wish_of(options));
    TRY_ASSIGN(const Look seen, look_at_one(context, "a haproxy.cfg is for one"));
    const topology::Picture& picture = seen.pictures.front();
    const clients::Upstream upstream = upstream_of(context, seen, 0);
    if (upstream.nodes.empty())
        return fail(ErrorCode::not_found, fmt::format("{} has no Redis node", picture.full_name()),
                    "only Sentinels were found", "redisctl pods");

    output::Document document("HaproxyConfig", context.kube_context());
    for (const topology::NodePicture& node : picture.nodes)
        if (node.error) document.add_error({picture.full_name(), node.name, *node.error});
    clients::HaproxyFile file = clients::generate_haproxy(upstream, wish);
    document.add_item(item_of(upstream, wish, file.text));
    for (Finding& finding : file.findings) document.add_finding(std::move(finding));
    for (const clients::UpstreamNode& node : upstream.nodes) document.add_name(clients::haproxy_server_name(node.name));
    document.set_text(std::move(file.text));
    TRY(context.output().print(document));
    return shown(count_answers(seen));
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--write-port", "PORT", "Port that leads to the master, 6379 by default", &options->write_port},
        {"--read-port", "PORT", "Port that leads to the linked replicas, 6380 by default", &options->read_port},
        {"--bind", "ADDRESS", "Address to listen on, all of them by default", &options->bind},
        {"--interval", "DURATION", "Time between two checks of a server, 100ms by default", &options->interval},
        {"--password-variable", "NAME",
         "Variable of HAProxy's environment that holds the password, REDIS_PASSWORD by default",
         &options->password_variable},
        {"--with-secrets", "", "Write the password into the file instead", &options->with_secrets},
        {"--certificates", "FOLDER", "Folder with ca.crt, client.pem and server.pem, /etc/haproxy/redis by default",
         &options->certificates},
        {"--bind-tls", "", "Let clients speak TLS to HAProxy, with server.pem of that folder", &options->bind_tls},
        {"--cluster-domain", "NAME", "The cluster's domain in DNS, cluster.local by default",
         &options->cluster_domain}};
    spec.examples = {"redisctl haproxy generate --instance cache",
                     "redisctl haproxy generate --host db1:6379 --write-port 7000 --read-port 7001"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command haproxy_generate_command{
    "haproxy generate", Group::look, "Write a haproxy.cfg: one port leads to the master, one to the linked replicas",
    Uses::target,       {},          bind,
    "HaproxyConfig"};

}  // namespace redisctl
