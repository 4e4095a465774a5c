// The World as it is: nodes over the fleet, objects over the API, waits on the loop.
#pragma once

#include "failover/lock.h"
#include "failover/world.h"
#include "fleet/fleet.h"
#include "kube/client.h"
#include "net/loop.h"

#include <vector>

namespace redisctl::failover {

class RealWorld final : public World {
  public:
    // All must outlive it; client and lock may be nullptr (plain hosts; while nothing is changed).
    RealWorld(net::Loop& loop, fleet::Fleet& fleet, const fleet::Instance& instance, kube::Client* client)
        : loop_(loop), fleet_(fleet), instance_(instance), client_(client) {}

    void hold(Lock* lock) { lock_ = lock; }

    std::vector<Answer> ask(std::span<const Ask> asks, Deadline deadline) override;
    Answer ask_through(const net::HostPort& address, const Ask& ask, Deadline deadline) override;
    Result<fleet::HistoryPart> history(const std::string& node, const fleet::HistoryRange& range,
                                       Deadline deadline) override;
    Result<std::optional<redis::Login>> login(const std::string& node) override;
    Result<void> pause(Millis duration) override;
    Result<void> hold_lock(Millis at_least) override;
    Result<kube::Service> service(const std::string& name) override;
    Result<kube::Pod> pod(const std::string& name) override;
    Result<void> patch(ObjectKind kind, const std::string& name, const std::vector<PatchOp>& ops) override;
    Result<void> annotate(const std::string& service, const std::map<std::string, std::string>& values) override;
    Result<std::vector<kube::EndpointSlice>> endpoints(const std::string& service) override;
    Result<void> await_endpoints(const std::string& service,
                                 const std::function<bool(const std::vector<kube::EndpointSlice>&)>& predicate,
                                 Deadline deadline) override;
    Result<void> delete_pod(const std::string& name, const std::string& uid) override;

  private:
    const fleet::Node* find(const std::string& name) const;

    net::Loop& loop_;
    fleet::Fleet& fleet_;
    const fleet::Instance& instance_;
    kube::Client* client_;
    Lock* lock_ = nullptr;
};

}  // namespace redisctl::failover
