// What goes with each request to the API server: bearer token, basic, impersonation headers, client certificate; from the kubeconfig, a token file or a plugin.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "kube/config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::kube {

struct Identity {
    std::vector<std::string> headers;  // "Impersonate-User: jane"; none of them a secret
    Secret authorization;              // value of the Authorization header; empty: none
    std::string client_cert_pem;       // empty: none
    Secret client_key_pem;
};

class Credentials {
  public:
    explicit Credentials(const ClusterConfig& config);

    // The identity to use now. Re-reads a token file older than 50 s, runs the plugin when there is no unexpired credential (its stderr passes through, its
    // stdin as interactiveMode says, ended after 60 s). Blocking, before the loop starts.
    // Errors (unauthenticated): plugin missing (with its installHint made printable), failed, answered another apiVersion or no credential; token file unreadable.
    Result<Identity> current();

    // After a 401: forgets what was cached; true when current() may now give something else (plugin or token file), so that one retry makes sense.
    bool refresh();

    // Seconds until the cached credential expires; nullopt when it does not or this is unknown. A change wants more than it can take.
    std::optional<int64_t> remaining_seconds() const;

  private:
    ClusterConfig config_;
    std::optional<Identity> cached_;
    std::optional<int64_t> expires_at_;  // epoch seconds
    TimePoint read_at_{};
};

}  // namespace redisctl::kube
