// A server in the cluster that loads a copy of a volume for us alone, and is gone afterwards: a pod, its volume and its
// Secret of one name (kube/temporary_pod.h). It listens on loopback, where a port-forward leads to, with a password that
// nobody else knows; the pod ends by itself, whatever becomes of us. No selector of the instance knows it, no Sentinel
// hears of it, and it follows nobody.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "commands/context.h"
#include "fleet/fleet.h"
#include "fleet/keyring.h"
#include "kube/temporary_pod.h"

#include <optional>
#include <string>

namespace redisctl {

class TemporaryServer {
  public:
    // Nothing is made yet. settings: of `wanted`, without port, addresses and password, which are added here. model: the
    // name of the pod that it is made after. name, command and the time when it ends are filled in here too.
    TemporaryServer(Context& context, kube::TemporaryServer wanted, std::string model, const std::string& program);
    ~TemporaryServer() { remove(); }
    TemporaryServer(const TemporaryServer&) = delete;
    TemporaryServer& operator=(const TemporaryServer&) = delete;

    const std::string& name() const { return wanted_.name; }

    // Made, and all its data loaded. Errors: those of the API; refused (NOT_LOADED: the server ended, with what it said
    // last); timeout (NOT_STARTED, NOT_LOADED_IN_TIME, with why), interrupted. What was made is there until remove().
    Result<void> start(Deadline deadline);

    // Once it has started.
    const fleet::Node& node() const { return node_; }
    fleet::Fleet& fleet() { return fleet_; }

    // All that was made goes, also after Ctrl-C; what could not be removed is told. Again: nothing.
    void remove();

  private:
    Result<void> make();
    Result<void> wait_for_pod(Deadline deadline);
    Result<void> wait_for_data(Deadline deadline);
    Result<kube::TemporaryState> look();
    Error ended(const kube::TemporaryState& state);
    Error not_started(const kube::TemporaryState& state);
    std::string events_of_claim();

    Context& context_;
    kube::TemporaryServer wanted_;
    const std::string model_;
    Secret password_;
    fleet::Keyring keyring_;
    fleet::Fleet fleet_;
    fleet::Node node_;
    bool begun_ = false;
    std::string pod_uid_, claim_uid_, secret_uid_;
};

}  // namespace redisctl
