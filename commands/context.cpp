#include "commands/context.h"

#include "commands/input_text.h"
#include "commands/kube_flags.h"

#include <fmt/core.h>

#include <optional>
#include <utility>

namespace redisctl {

namespace {

constexpr Millis looking_timeout{10'000};

Result<fleet::GivenLogin> given_login(const PasswordFlags& flags, const Environment& environment,
                                      bool with_environment) {
    fleet::GivenLogin login;
    login.user = flags.user;
    if (!flags.file.empty() || flags.from_stdin) {
        TRY_ASSIGN(std::string text, flags.from_stdin ? text_of_stdin() : text_of_file(flags.file));
        text = without_line_end(std::move(text));
        if (text.empty())
            return fail(ErrorCode::usage, fmt::format("{} holds no password", flags.from_stdin ? "stdin" : flags.file));
        login.password = Secret(std::move(text));
    }
    if (!flags.secret.empty()) {
        const size_t colon = flags.secret.find(':');
        if (colon == 0 || colon == std::string::npos || colon + 1 == flags.secret.size())
            return fail(ErrorCode::usage, fmt::format("'{}' is no NAME:KEY of a Secret", flags.secret), {},
                        "--password-secret redis:redis-password");
        login.secret = fleet::SecretRef{flags.secret.substr(0, colon), flags.secret.substr(colon + 1),
                                        "flag --password-secret", false};
    }
    if (with_environment)
        if (std::optional<std::string> value = environment("REDISCLI_AUTH"); value && !value->empty())
            login.from_environment = Secret(std::move(*value));
    return login;
}

Result<fleet::GivenTls> given_tls(const Globals& globals) {
    fleet::GivenTls tls;
    tls.enabled = globals.tls;
    tls.options.server_name = globals.sni;
    tls.options.insecure = globals.insecure;
    if (!globals.cacert.empty()) {
        TRY_ASSIGN(tls.options.ca_pem, text_of_file(globals.cacert));
    }
    if (!globals.cert.empty()) {
        TRY_ASSIGN(tls.options.cert_pem, text_of_file(globals.cert));
    }
    if (!globals.key.empty()) {
        TRY_ASSIGN(std::string key, text_of_file(globals.key));
        tls.options.key_pem = Secret(std::move(key));
    }
    return tls;
}

}  // namespace

kube::ConfigFlags config_flags(const Globals& globals) {
    kube::ConfigFlags flags;
    flags.kubeconfig = globals.kubeconfig;
    flags.context = globals.context;
    flags.ns = globals.ns;
    flags.tls_server_name = globals.tls_server_name;
    flags.insecure = globals.insecure_skip_tls_verify;
    flags.as = globals.as;
    flags.as_groups = globals.as_groups;
    return flags;
}

// In the order in which each needs the ones before it.
struct Context::Wiring {
    net::Loop loop;
    std::optional<kube::Client> client;
    std::optional<fleet::Keyring> keyring;
    std::optional<fleet::Dialer> dialer;
    std::optional<fleet::Fleet> fleet;
};

Context::Context(std::string_view command, Globals globals, output::Output& output, const Environment& environment)
    : command_(command),
      globals_(std::move(globals)),
      output_(output),
      environment_(environment),
      deadline_(Deadline::after(globals_.timeout.value_or(looking_timeout))) {}

Context::~Context() = default;

Result<void> Context::wire() {
    auto wiring = std::make_unique<Wiring>();
    TRY_ASSIGN(fleet::GivenLogin redis, given_login(globals_.redis, environment_, true));
    TRY_ASSIGN(fleet::GivenLogin sentinel, given_login(globals_.sentinel, environment_, false));
    for (const auto& [flags, login] : {std::pair{&globals_.redis, &redis}, {&globals_.sentinel, &sentinel}})
        if (flags->from_stdin) from_stdin_ = *login->password;
    TRY_ASSIGN(fleet::GivenTls tls, given_tls(globals_));
    kube::Client* client = nullptr;
    if (!globals_.without_kubernetes()) {
        kube::ConfigSources sources;
        sources.env = [this](const std::string& name) { return environment_(name.c_str()); };
        TRY_ASSIGN(kube::ClusterConfig config, kube::load_config(config_flags(globals_), sources));
        kube_context_ = config.context;
        client = &wiring->client.emplace(wiring->loop, std::move(config), globals_.request_timeout);
        TRY(client->authenticate());
    }
    wiring->keyring.emplace(client, std::move(redis), std::move(sentinel), std::move(tls));
    wiring->dialer.emplace(wiring->loop, client, globals_.via);
    const std::string& name = operation_.empty() ? command_ : operation_;
    wiring->fleet.emplace(*wiring->dialer, *wiring->keyring, "redisctl:" + name, globals_.connect_timeout);
    if (!operation_.empty()) wiring->fleet->keep_connections();
    wiring_ = std::move(wiring);
    return {};
}

Result<fleet::Found> Context::find(Services services) {
    const bool again = wiring_ != nullptr;
    if (end_)
        deadline_ = Deadline::after(looking_timeout).earlier(*end_);
    else if (again)
        deadline_ = Deadline::after(globals_.timeout.value_or(looking_timeout));
    if (!again) TRY(wire());
    fleet::Found found;
    if (!wiring_->client) {
        found = fleet::take_hosts(globals_.hosts, globals_.sentinels,
                                  !globals_.instance.empty() ? globals_.instance : globals_.master_name);
    } else {
        fleet::Selection selection;
        selection.ns = globals_.all_namespaces ? "" : wiring_->client->config().ns;
        selection.selector = globals_.selector;
        selection.instance = globals_.instance;
        selection.services = services == Services::listed;
        selection.port_forwards = !again && !wiring_->dialer->direct();
        TRY_ASSIGN(found, fleet::find_in_kubernetes(*wiring_->client, selection, deadline_));
    }
    wiring_->keyring->trust_nodes(!wiring_->client || found.inventory.instances.size() == 1);
    return found;
}

std::vector<fleet::Outcome> Context::ask(std::span<const fleet::Call> calls) {
    return wiring_->fleet->exec(calls, deadline_);
}

std::vector<fleet::Outcome> Context::ask_further(std::span<const fleet::Call> calls) {
    constexpr Millis at_least{2'000};
    return wiring_->fleet->exec(calls, deadline_.left() < at_least ? Deadline::after(at_least) : deadline_);
}

bool Context::in_kubernetes() const {
    return wiring_ && wiring_->client;
}

std::string_view Context::route() const {
    return wiring_->dialer->route();
}

std::string Context::password_source(const fleet::Node& node) const {
    return wiring_->keyring->password_source(node);
}

Result<std::optional<redis::Login>> Context::login(const fleet::Node& node) {
    struct Nobody : net::Task {
        void advance() override {}
        net::Interest interest() const override { return {}; }
    } nobody;
    auto answer = wiring_->keyring->login(node, nobody);
    wiring_->keyring->forget(nobody);
    if (!answer) return fail(ErrorCode::unreachable, fmt::format("the password of {} was not read", node.name));
    return std::move(*answer);
}

void Context::aim_at_instance(const std::string& kube_context, const std::string& ns, const std::string& instance) {
    if (globals_.context.empty()) globals_.context = kube_context;
    if (globals_.ns.empty()) globals_.ns = ns;
    if (globals_.instance.empty()) globals_.instance = instance;
}

void Context::aim_at_hosts(const std::vector<net::HostPort>& hosts, const std::vector<net::HostPort>& sentinels,
                           const std::string& instance) {
    if (!globals_.without_kubernetes()) globals_.hosts = hosts, globals_.sentinels = sentinels;
    if (globals_.instance.empty()) globals_.instance = instance;
}

net::Loop& Context::loop() {
    return wiring_->loop;
}

fleet::Fleet& Context::fleet() {
    return *wiring_->fleet;
}

fleet::Dialer& Context::dialer() {
    return *wiring_->dialer;
}

kube::Client* Context::client() {
    return wiring_->client ? &*wiring_->client : nullptr;
}

std::unique_ptr<fleet::Pipeline> Context::pipeline(const fleet::Node& node, fleet::Waiting waiting) {
    const Deadline connect = Deadline::after(globals_.connect_timeout).earlier(waiting.end);
    const std::string& name = operation_.empty() ? command_ : operation_;
    return std::make_unique<fleet::Pipeline>(*wiring_->dialer, *wiring_->keyring, "redisctl:" + name, node, connect,
                                             waiting);
}

}  // namespace redisctl
