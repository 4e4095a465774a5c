// An instance and its nodes as they were found, before any of them was asked: names, routes, and where passwords come
// from.
#pragma once

#include "base/error.h"
#include "base/secret.h"
#include "kube/objects.h"
#include "net/endpoint.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::fleet {

enum class NodeKind { redis, sentinel, unknown };  // a hint from the pod's spec; INFO is the truth

// TLS as the pod's own spec shows it (args, env, probe), or as the flags ask for it.
struct TlsHint {
    bool enabled = false;
    std::string evidence;  // "env REDIS_TLS_ENABLED=yes", "arg --tls-port 6379", "flag --tls"
    std::string secret, ca_key, cert_key,
        key_key;  // the mounted Secret and its keys, where the spec names them; empty else
};

// One place where a password may be, read by name when the pod's turn comes. An empty value in it means: no password.
struct SecretRef {
    std::string name, key;
    std::string why;        // "env REDIS_PASSWORD of container redis", "volume redis-password", "chart's
                            // <fullname>/redis-password", "spec.auth.secretPath"
    bool optional = false;  // a chart's default name: absent means no password, not an error
    bool operator==(const SecretRef&) const = default;
};

struct Node {
    std::string name;  // the pod's name; H:P without Kubernetes; a pod with Redis and Sentinel is two nodes, the second
                       // "<pod>/sentinel"
    NodeKind kind = NodeKind::redis;
    std::string ns, pod, uid, k8s_node;
    net::HostPort address;               // pod IP (or host) and port; host empty while the pod has no IP
    std::vector<net::HostPort> aliases;  // other addresses by which servers call it (plain hosts)
    std::string dns_name;  // <pod>.<subdomain>.<ns>.svc, the name to verify in TLS; empty when the pod has no subdomain
    TlsHint tls;
    std::optional<SecretRef> password;  // nullopt: no Secret is named anywhere
    Secret spelled_password;  // the spec spells it out (env REDIS_PASSWORD=…, --requirepass …); empty else
    std::string acl_user;     // from the spec's env where it names one other than default
    kube::Labels labels;
    // Why the pod cannot be asked at all ("pod default/redis-1 is Pending: ImagePullBackOff"), code unreachable, reason
    // NOT_RUNNING or DIAGNOSTIC_MODE; nullopt when it can be.
    std::optional<Error> not_running;
};

struct Instance {
    std::string name, ns;                 // ns is empty without Kubernetes
    std::vector<Node> nodes;              // Redis, natural order
    std::vector<Node> sentinels;          // natural order
    std::vector<kube::Service> services;  // those that select any of its pods
    std::vector<kube::EndpointSlice> slices;
    std::vector<const kube::Pod*> pods;  // of the inventory that made this; they live as long as it
    std::vector<Node> leaving;   // Redis in pods of the namespace that are being deleted: no nodes, yet whom others
                                 // follow and who may still serve
    bool services_known = true;  // false when listing Services or EndpointSlices was not permitted: no witness then,
                                 // rather than a false one

    // "default/redis", or the bare name without Kubernetes.
    std::string full_name() const { return ns.empty() ? name : ns + "/" + name; }
};

}  // namespace redisctl::fleet
