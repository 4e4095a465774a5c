// The entries of a kubeconfig that were chosen → the plain values to connect with: files read, base64 decoded,
// contradictions refused.
#pragma once

#include "base/result.h"
#include "kube/config.h"
#include "kube/kubeconfig_file.h"

#include <string>

namespace redisctl::kube {

constexpr size_t kMaxPemBytes = 1 << 20;

// "https://host:port/prefix" without query, fragment and last slash; a bare host:port becomes https when `tls`, else
// http. `owner` is who errors speak of. Errors (usage): another scheme, no host, a user name or password inside, blanks
// or control characters.
Result<std::string> server_url(const std::string& text, bool tls, const std::string& owner);

// Everything of the cluster: server, CA, how to verify, proxy. Flags win; --insecure-skip-tls-verify drops the CA, as
// kubectl does.
Result<void> resolve_cluster(const std::string& name, const ClusterEntry& entry, const ConfigFlags& flags,
                             ClusterConfig& out);

// Everything of the user.
Result<void> resolve_user(const std::string& name, const UserEntry& entry, UserConfig& out);

// --as, --as-uid and --as-group over what the user's entry says; refuses groups without a user and what could not stand
// in a header.
Result<void> resolve_impersonation(const ConfigFlags& flags, UserConfig& out);

}  // namespace redisctl::kube
