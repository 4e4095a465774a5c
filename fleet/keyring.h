// Passwords and certificates for each node, and where they come from. Secrets are read by name, never listed, each
// once, while the connections are being made. First hit: flag → the Secret that the pod itself names → the chart's or
// the operator's CR's Secret → REDISCLI_AUTH. What a flag or the environment gives is offered only to hosts that the
// user named, or when exactly one instance is selected: never to a stranger's Redis.
#pragma once

#include "base/result.h"
#include "fleet/node.h"
#include "kube/client.h"
#include "kube/spotahome.h"
#include "net/endpoint.h"
#include "redis/connection.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace redisctl::fleet {

// One kind of node's flags: --user, --password-file, --password-stdin, --password-secret; or the --sentinel-… ones.
struct GivenLogin {
    std::string user;
    std::optional<Secret> password;          // from a file or stdin
    std::optional<SecretRef> secret;         // --password-secret NAME:KEY
    std::optional<Secret> from_environment;  // REDISCLI_AUTH
};

struct GivenTls {
    bool enabled = false;     // --tls
    net::TlsOptions options;  // --cacert --cert --key --sni --insecure
};

class Keyring {
  public:
    // client: nullptr without Kubernetes.
    Keyring(kube::Client* client, GivenLogin redis, GivenLogin sentinel, GivenTls tls);
    // The user named these nodes, or exactly one instance is selected: what the flags and the environment give may be
    // offered.
    void trust_nodes(bool trusted) { trusted_ = trusted; }

    // Each: nullopt while a Secret is still under way (the task is woken when it is there), else what to use.
    // Errors: forbidden (with the rule to add) or not_found for a Secret that the pod names.
    std::optional<Result<std::optional<redis::Login>>> login(const Node& node, net::Task& waiter);
    std::optional<Result<std::optional<net::TlsOptions>>> tls(const Node& node, net::Task& waiter);
    void forget(net::Task& waiter);

    // "flag --password-file", "Secret redis/redis-password (env REDIS_PASSWORD of container redis)", "none": for `pods`
    // and error hints.
    std::string password_source(const Node& node) const;

  private:
    struct Lookup {
        kube::SecretObject object;
        std::unique_ptr<kube::Fetch> fetch;
    };
    struct FailoverLookup {
        kube::FailoverSpec object;
        std::unique_ptr<kube::Fetch> fetch;
    };
    Lookup& look_up(const std::string& ns, const std::string& name);
    FailoverLookup& look_up_failover(const std::string& ns, const std::string& name);
    // The Secret to read; nullopt while the CR that names it is under way, an empty one when none is named anywhere.
    std::optional<std::optional<SecretRef>> secret_for(const Node& node, net::Task& waiter);
    const GivenLogin& given(const Node& node) const { return node.kind == NodeKind::sentinel ? sentinel_ : redis_; }
    std::optional<SecretRef> secret_of(const Node& node) const;

    kube::Client* client_;
    GivenLogin redis_, sentinel_;
    GivenTls tls_;
    bool trusted_ = false;
    std::map<std::pair<std::string, std::string>, Lookup> secrets_;
    std::map<std::pair<std::string, std::string>, FailoverLookup> failovers_;
};

}  // namespace redisctl::fleet
