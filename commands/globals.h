// The flags that every command shares, parsed and checked: what to look at, how to get there, how to answer. cli/ fills
// it.
#pragma once

#include "base/secret.h"
#include "base/time.h"
#include "fleet/dialer.h"
#include "net/endpoint.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl {

// --password-file, --password-stdin and --password-secret, or the --sentinel-… ones; at most one of the three.
struct PasswordFlags {
    std::string user;  // --user, --sentinel-user
    std::string file;
    bool from_stdin = false;
    std::string secret;  // NAME:KEY
    bool given() const { return !file.empty() || from_stdin || !secret.empty(); }
};

struct Globals {
    // Kubernetes, spelt as kubectl does.
    std::string ns, context, kubeconfig, as, selector, tls_server_name;
    std::vector<std::string> as_groups;
    bool all_namespaces = false, insecure_skip_tls_verify = false;
    Millis request_timeout{10'000};  // zero: none

    // The target.
    std::string instance, master_name, system;
    std::vector<std::string> nodes;
    std::vector<net::HostPort> hosts, sentinels;
    fleet::Via via = fleet::Via::automatic;
    bool without_kubernetes() const { return !hosts.empty() || !sentinels.empty(); }

    // The way in.
    PasswordFlags redis, sentinel;
    bool tls = false, insecure = false;
    std::string cacert, cert, key, sni;
    Millis connect_timeout{2'000};
    std::optional<Millis> timeout;  // --timeout; without it 10 s for looking

    // The flags above as they were typed, for another run that is to go the same way. No password is ever among them.
    std::vector<std::string> typed;

    // The answer; -o, --color, -q and -v are in output::Settings.
    bool fail_on_warning = false;
};

}  // namespace redisctl
