#include "fleet/keyring.h"

#include <fmt/core.h>

namespace redisctl::fleet {

Keyring::Keyring(kube::Client* client, GivenLogin redis, GivenLogin sentinel, GivenTls tls)
    : client_(client), redis_(std::move(redis)), sentinel_(std::move(sentinel)), tls_(std::move(tls)) {}

Keyring::Lookup& Keyring::look_up(const std::string& ns, const std::string& name) {
    const auto [found, is_new] = secrets_.try_emplace({ns, name});
    Lookup& lookup = found->second;
    if (is_new) {
        auto consume = [&lookup](std::string_view body) -> Result<std::string> {
            TRY_ASSIGN(lookup.object, kube::parse_secret(body));
            return std::string();
        };
        lookup.fetch =
            std::make_unique<kube::Fetch>(*client_, fmt::format("/api/v1/namespaces/{}/secrets/{}", ns, name),
                                          kube::Access{"get", "", "secrets", ns, name}, std::move(consume), nullptr);
    }
    return lookup;
}

Keyring::FailoverLookup& Keyring::look_up_failover(const std::string& ns, const std::string& name) {
    const auto [found, is_new] = failovers_.try_emplace({ns, name});
    FailoverLookup& lookup = found->second;
    if (is_new) {
        auto consume = [&lookup](std::string_view body) -> Result<std::string> {
            TRY_ASSIGN(lookup.object, kube::parse_failover_spec(body));
            return std::string();
        };
        lookup.fetch = std::make_unique<kube::Fetch>(
            *client_, fmt::format("/apis/databases.spotahome.com/v1/namespaces/{}/redisfailovers/{}", ns, name),
            kube::Access{"get", "databases.spotahome.com", "redisfailovers", ns, name}, std::move(consume), nullptr);
    }
    return lookup;
}

std::optional<std::optional<SecretRef>> Keyring::secret_for(const Node& node, net::Task& waiter) {
    std::optional<SecretRef> named = secret_of(node);
    const auto failover = node.labels.find("redisfailovers.databases.spotahome.com/name");
    // The operator's Sentinels never have a password.
    if (named || !client_ || failover == node.labels.end() || node.kind == NodeKind::sentinel ||
        !node.spelled_password.empty())
        return named;
    FailoverLookup& lookup = look_up_failover(node.ns, failover->second);
    if (!lookup.fetch->done()) {
        lookup.fetch->wake_when_done(&waiter);
        return std::nullopt;
    }
    // A CR that cannot be read is no reason to give up: the node says whether it wants a password.
    if (lookup.fetch->result() && !lookup.object.auth_secret.empty())
        named = SecretRef{lookup.object.auth_secret, "password",
                          fmt::format("spec.auth.secretPath of RedisFailover {}", failover->second), false};
    return named;
}

std::optional<SecretRef> Keyring::secret_of(const Node& node) const {
    if (node.ns.empty() || !client_) return std::nullopt;
    if (trusted_ && given(node).secret) return given(node).secret;
    return node.password;
}

std::optional<Result<std::optional<redis::Login>>> Keyring::login(const Node& node, net::Task& waiter) {
    using Answer = Result<std::optional<redis::Login>>;
    const GivenLogin& flags = given(node);
    if (trusted_ && flags.password) return Answer(redis::Login{flags.user, *flags.password, false});

    const std::optional<std::optional<SecretRef>> named = secret_for(node, waiter);
    if (!named) return std::nullopt;
    if (const std::optional<SecretRef>& ref = *named) {
        Lookup& lookup = look_up(node.ns, ref->name);
        if (!lookup.fetch->done()) {
            lookup.fetch->wake_when_done(&waiter);
            return std::nullopt;
        }
        const Result<void>& read = lookup.fetch->result();
        const bool absent =
            (!read && read.error().code == ErrorCode::not_found) || (read && !lookup.object.data.contains(ref->key));
        if (!read && !absent) return Answer(fail(read.error()));
        if (absent && !ref->optional)
            return Answer(fail(Error{ErrorCode::not_found,
                                     read ? fmt::format("Secret {} has no key {}", ref->name, ref->key)
                                          : fmt::format("there is no Secret {} in namespace {}", ref->name, node.ns),
                                     fmt::format("it is named by {}", ref->why),
                                     "name another with --password-secret NAME:KEY", "PASSWORD_SECRET"}));
        if (!absent && !lookup.object.data.at(ref->key).empty()) {
            const std::string user = trusted_ && !flags.user.empty() ? flags.user : node.acl_user;
            return Answer(redis::Login{user, lookup.object.data.at(ref->key), true});
        }
        // An empty password in the Secret means that there is none: charts write it so.
    }
    if (!node.spelled_password.empty()) return Answer(redis::Login{node.acl_user, node.spelled_password, true});
    if (trusted_ && flags.from_environment) return Answer(redis::Login{flags.user, *flags.from_environment, false});
    return Answer(std::optional<redis::Login>());
}

std::optional<Result<std::optional<net::TlsOptions>>> Keyring::tls(const Node& node, net::Task& waiter) {
    using Answer = Result<std::optional<net::TlsOptions>>;
    if (!tls_.enabled && !node.tls.enabled) return Answer(std::optional<net::TlsOptions>());
    net::TlsOptions options = tls_.options;
    if (options.server_name.empty()) options.server_name = node.dns_name;
    const bool from_pod = !node.tls.secret.empty() && client_ && options.ca_pem.empty() && options.cert_pem.empty();
    if (!from_pod) return Answer(std::move(options));

    Lookup& lookup = look_up(node.ns, node.tls.secret);
    if (!lookup.fetch->done()) {
        lookup.fetch->wake_when_done(&waiter);
        return std::nullopt;
    }
    TRY(lookup.fetch->result());
    const auto value = [&](const std::string& key) {
        const auto found = lookup.object.data.find(key);
        return found == lookup.object.data.end() ? Secret() : found->second;
    };
    options.ca_pem = value(node.tls.ca_key).reveal();
    options.cert_pem = value(node.tls.cert_key).reveal();
    options.key_pem = value(node.tls.key_key);
    return Answer(std::move(options));
}

void Keyring::forget(net::Task& waiter) {
    for (auto& [name, lookup] : secrets_) lookup.fetch->forget(&waiter);
    for (auto& [name, lookup] : failovers_) lookup.fetch->forget(&waiter);
}

std::string Keyring::password_source(const Node& node) const {
    if (trusted_ && given(node).password) return "flag";
    if (const std::optional<SecretRef> ref = secret_of(node))
        return fmt::format("Secret {}:{} ({})", ref->name, ref->key, ref->why);
    if (!node.spelled_password.empty()) return "the pod's spec";
    if (trusted_ && given(node).from_environment) return "REDISCLI_AUTH";
    return "none";
}

}  // namespace redisctl::fleet
