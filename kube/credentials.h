// What goes with each request to the API server: bearer token, basic, impersonation headers, client certificate; from
// the kubeconfig, a token file or a plugin.
#pragma once

#include "base/interrupt.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "kube/config.h"

#include <cstdint>
#include <functional>
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

// What comes from outside, so that tests need no waiting and no signals.
struct CredentialSources {
    std::function<TimePoint()> now = SteadyClock::now;
    std::function<int()> interrupt_fd = interrupt::fd;  // ends the wait for a plugin
};

class Credentials {
  public:
    explicit Credentials(const ClusterConfig& config, CredentialSources sources = {});

    // The identity to use now. Re-reads a token file older than 50 s, runs the plugin when there is no unexpired
    // credential (its stderr passes through, its stdin as interactiveMode says, ended after 60 s, after 10 s when it
    // renews). Blocking, before the loop starts. Errors (unauthenticated): plugin missing (with its installHint made
    // printable), failed, took too long, needs a terminal, answered another apiVersion or no credential; token file
    // unreadable with nothing to fall back on. `interrupted` on Ctrl-C while the plugin runs.
    Result<Identity> current();

    // After a 401: forgets what was cached; true when current() may now give something else (plugin or token file), so
    // that one retry makes sense.
    bool refresh();

    // Seconds until the cached credential expires, as the plugin or the token itself says; negative when it has.
    // nullopt when it does not, is renewed by itself (token file) or this is unknown. A change wants more than it can
    // take.
    std::optional<int64_t> remaining_seconds() const;

  private:
    Result<void> authorize(Identity& identity);
    Result<Secret> file_token();
    bool from_plugin() const;
    bool stale() const;

    ClusterConfig config_;
    CredentialSources sources_;
    std::optional<Identity> cached_;
    std::optional<int64_t> expires_at_;  // epoch seconds
    TimePoint read_at_{};
    bool renewing_ = false;
    Secret last_file_token_;
};

}  // namespace redisctl::kube
