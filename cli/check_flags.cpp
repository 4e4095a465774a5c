#include "base/text.h"
#include "cli/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace redisctl::cli {

namespace {

constexpr uint16_t kRedisPort = 6379, kSentinelPort = 26379;

struct Given {
    bool given;
    std::string_view flag;
};

// Fails when two of them are given, naming both.
Result<void> at_most_one(std::initializer_list<Given> flags, std::string_view why) {
    const Given* first = nullptr;
    for (const Given& flag : flags) {
        if (!flag.given) continue;
        if (first)
            return fail(ErrorCode::usage, fmt::format("{} and {} contradict each other", first->flag, flag.flag),
                        std::string(why), "give one of them");
        first = &flag;
    }
    return {};
}

Result<void> needs(Given flag, Given other) {
    if (flag.given && !other.given) return fail(ErrorCode::usage, fmt::format("{} needs {}", flag.flag, other.flag));
    return {};
}

tl::unexpected<Error> of_flag(std::string_view flag, Error error) {
    error.message = fmt::format("{}: {}", flag, error.message);
    return fail(std::move(error));
}

Result<void> check_password(const PasswordFlags& password, std::string_view prefix) {
    std::string file = fmt::format("--{}password-file", prefix), in = fmt::format("--{}password-stdin", prefix),
                secret = fmt::format("--{}password-secret", prefix);
    TRY(at_most_one({{!password.file.empty(), file}, {password.from_stdin, in}, {!password.secret.empty(), secret}},
                    "a password comes from one place"));
    auto parts = split(password.secret, ':');
    if (!password.secret.empty() && (parts.size() != 2 || parts[0].empty() || parts[1].empty()))
        return fail(ErrorCode::usage, fmt::format("{}: '{}' is no key of a Secret", secret, printable(password.secret)),
                    {}, fmt::format("write it as NAME:KEY: {} redis:redis-password", secret));
    return {};
}

// RFC 1123 label, which a namespace's name is.
bool is_label(std::string_view name) {
    auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 63 && word(name.front()) && word(name.back()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return word(c) || c == '-'; });
}

Result<std::vector<net::HostPort>> addresses(const std::vector<std::string>& texts, std::string_view flag,
                                             uint16_t port) {
    std::vector<net::HostPort> result;
    for (const std::string& text : texts) {
        auto address = net::parse_host_port(text, port);
        if (!address) return of_flag(flag, std::move(address).error());
        if (std::find(result.begin(), result.end(), *address) == result.end()) result.push_back(std::move(*address));
    }
    return result;
}

// Nothing of Kubernetes goes with hosts that the user names.
Result<void> check_hosts(const TypedFlags& typed) {
    for (Given host : {Given{!typed.hosts.empty(), "--host"}, Given{!typed.sentinels.empty(), "--sentinel"}})
        for (Given other : {Given{!typed.ns.empty(), "-n"},
                            {typed.all_namespaces, "-A"},
                            {!typed.selector.empty(), "-l"},
                            {typed.via == "port-forward", "--via port-forward"},
                            {!typed.context.empty(), "--context"},
                            {!typed.kubeconfig.empty(), "--kubeconfig"},
                            {!typed.as.empty(), "--as"},
                            {!typed.tls_server_name.empty(), "--tls-server-name"},
                            {typed.insecure_skip_tls_verify, "--insecure-skip-tls-verify"},
                            {!typed.redis.secret.empty(), "--password-secret"},
                            {!typed.sentinel.secret.empty(), "--sentinel-password-secret"}})
            TRY(at_most_one({host, other}, "named hosts are asked without Kubernetes"));
    return {};
}

Result<void> check_together(const TypedFlags& typed) {
    TRY(check_hosts(typed));
    std::string format = "-o " + typed.format;
    TRY(at_most_one({{typed.json, "--json"}, {!typed.format.empty() && typed.format != "json", format}},
                    "an answer has one format"));
    TRY(at_most_one({{typed.quiet, "-q"}, {typed.verbose, "-v"}}, "one says less, the other more"));
    TRY(at_most_one(
        {{typed.redis.from_stdin, "--password-stdin"}, {typed.sentinel.from_stdin, "--sentinel-password-stdin"}},
        "stdin holds one password"));
    TRY(check_password(typed.redis, ""));
    TRY(check_password(typed.sentinel, "sentinel-"));
    TRY(needs({!typed.cert.empty(), "--cert"}, {!typed.key.empty(), "--key"}));
    TRY(needs({!typed.key.empty(), "--key"}, {!typed.cert.empty(), "--cert"}));
    TRY(needs({!typed.as_groups.empty(), "--as-group"}, {!typed.as.empty(), "--as"}));
    if (!typed.ns.empty() && !is_label(typed.ns))
        return fail(ErrorCode::usage, fmt::format("'{}' is no name of a namespace", printable(typed.ns)),
                    "lower-case letters, digits and '-' are allowed", "kubectl get namespaces");
    return {};
}

}  // namespace

Result<CheckedFlags> check(const TypedFlags& typed) {
    TRY(check_together(typed));
    CheckedFlags checked;
    Globals& globals = checked.globals;
    globals.ns = typed.ns;
    globals.context = typed.context;
    globals.kubeconfig = typed.kubeconfig;
    globals.as = typed.as;
    globals.as_groups = typed.as_groups;
    globals.selector = typed.selector;
    globals.tls_server_name = typed.tls_server_name;
    globals.insecure_skip_tls_verify = typed.insecure_skip_tls_verify;
    globals.all_namespaces = typed.all_namespaces;
    globals.instance = typed.instance;
    globals.master_name = typed.master_name;
    globals.system = typed.system;
    globals.nodes = typed.nodes;
    TRY_ASSIGN(globals.hosts, addresses(typed.hosts, "--host", kRedisPort));
    TRY_ASSIGN(globals.sentinels, addresses(typed.sentinels, "--sentinel", kSentinelPort));
    globals.via = typed.via == "port-forward" ? fleet::Via::port_forward
                  : typed.via == "direct"     ? fleet::Via::direct
                                              : fleet::Via::automatic;
    globals.redis = typed.redis;
    globals.sentinel = typed.sentinel;
    globals.tls = typed.tls;
    globals.insecure = typed.insecure;
    globals.cacert = typed.cacert;
    globals.cert = typed.cert;
    globals.key = typed.key;
    globals.sni = typed.sni;
    if (!typed.request_timeout.empty()) {
        auto duration = parse_duration_or_seconds(typed.request_timeout);
        if (!duration) return of_flag("--request-timeout", std::move(duration).error());
        globals.request_timeout = *duration;
    }
    if (!typed.timeout.empty()) {
        auto duration = parse_duration(typed.timeout);
        if (!duration) return of_flag("--timeout", std::move(duration).error());
        if (*duration <= Millis(0) || *duration > std::chrono::hours(24 * 365))
            return fail(ErrorCode::usage, fmt::format("--timeout: '{}' is out of range", printable(typed.timeout)),
                        "more than 0 and at most a year is", "--timeout 10s");
        globals.timeout = *duration;
    }
    globals.typed = typed.words;
    globals.fail_on_warning = typed.fail_on == "warning";

    checked.format =
        typed.json ? output::Format::json : output::parse_format(typed.format).value_or(output::Format::table);
    checked.headers = typed.no_headers ? output::Headers::hidden : output::Headers::shown;
    checked.color = typed.color == "always"  ? output::ColorWhen::always
                    : typed.color == "never" ? output::ColorWhen::never
                                             : output::ColorWhen::automatic;
    checked.read_only = typed.read_only;
    checked.verbosity = typed.quiet     ? output::Verbosity::quiet
                        : typed.verbose ? output::Verbosity::verbose
                                        : output::Verbosity::normal;
    return checked;
}

}  // namespace redisctl::cli
