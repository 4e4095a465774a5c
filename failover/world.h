// All that a plan's execution may do outside: ask nodes, read and patch objects, wait. The real one speaks to servers
// and the API; tests put a scripted one in its place.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "failover/plan.h"
#include "fleet/replication_stream.h"
#include "kube/objects.h"
#include "net/endpoint.h"
#include "redis/connection.h"
#include "redis/value.h"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace redisctl::failover {

struct Ask {
    std::string node;  // a name of the instance, of a Sentinel too
    std::vector<Words> requests;
};
using Answer = Result<std::vector<redis::Value>>;

// One operation of a JSON patch (RFC 6902); value is JSON text.
struct PatchOp {
    std::string op, path, value;
};
enum class ObjectKind { service, pod };

class World {
  public:
    virtual ~World() = default;

    // One answer an ask, in order. A node that does not answer before the deadline is an error of its own.
    virtual std::vector<Answer> ask(std::span<const Ask> asks, Deadline deadline) = 0;

    // The same, on a connection of its own, of whoever is behind this address: a Service's that leads to the node.
    virtual Answer ask_through(const net::HostPort& address, const Ask& ask, Deadline deadline) = 0;

    // A part of a node's own history, read like a replica reads it. Errors: fleet/replication_stream.h.
    virtual Result<fleet::HistoryPart> history(const std::string& node, const fleet::HistoryRange& range,
                                               Deadline deadline) = 0;

    // How we log in at a node; nullopt: without a password. Errors: those of a Secret that cannot be read.
    virtual Result<std::optional<redis::Login>> login(const std::string& node) = 0;

    // Lets time pass. Errors: interrupted.
    virtual Result<void> pause(Millis duration) = 0;

    // The lock is ours for at least this long. Errors: conflict when it was lost, unreachable …
    virtual Result<void> hold_lock(Millis at_least) = 0;

    // Kubernetes; without it each is an error.
    virtual Result<kube::Service> service(const std::string& name) = 0;
    virtual Result<kube::Pod> pod(const std::string& name) = 0;
    // Errors: conflict when a `test` of it fails; reason UNKNOWN_OUTCOME when it may have been done.
    virtual Result<void> patch(ObjectKind kind, const std::string& name, const std::vector<PatchOp>& ops) = 0;
    // Annotations of a Service; an empty value removes one.
    virtual Result<void> annotate(const std::string& service, const std::map<std::string, std::string>& values) = 0;
    virtual Result<std::vector<kube::EndpointSlice>> endpoints(const std::string& service) = 0;
    // Until the predicate holds. Errors: timeout, with what the endpoints still are.
    virtual Result<void> await_endpoints(const std::string& service,
                                         const std::function<bool(const std::vector<kube::EndpointSlice>&)>& predicate,
                                         Deadline deadline) = 0;
    virtual Result<void> delete_pod(const std::string& name, const std::string& uid) = 0;
};

}  // namespace redisctl::failover
