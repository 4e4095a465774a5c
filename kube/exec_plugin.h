// A credential plugin: client.authentication.k8s.io/v1 and v1beta1 as client-go plugin/pkg/client/auth/exec speaks
// them.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "kube/config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::kube {

struct ExecCredential {
    Secret token;
    std::string client_cert_pem;
    Secret client_key_pem;
    std::optional<int64_t> expires_at;  // epoch seconds
};

// Runs config.user.exec to its end. Errors as Credentials::current has them.
Result<ExecCredential> run_exec_plugin(const ClusterConfig& config, Deadline deadline, int interrupt_fd);

// KUBERNETES_EXEC_INFO: what the plugin is told. The cluster only when the plugin asks for it.
std::string exec_info(const ClusterConfig& config, bool interactive);

// What a plugin of this apiVersion printed. Errors (unauthenticated): no ExecCredential, another apiVersion, no
// credential, half a key pair, no valid expirationTimestamp.
Result<ExecCredential> parse_exec_credential(std::string_view text, std::string_view api_version,
                                             std::string_view command);

}  // namespace redisctl::kube
