// What a pod's own spec says about passwords, users and TLS. Nothing is read here: a Secret is only named.
#pragma once

#include "fleet/node.h"
#include "fleet/process.h"
#include "kube/objects.h"

#include <optional>
#include <string>

namespace redisctl::fleet {

// First hit: env of the container that names a Secret (REDIS_PASSWORD …), a password file that comes from a mounted
// Secret, any other env with PASSWORD in its name, the same of the init containers, a Secret volume that holds
// redis-password, envFrom; else the chart's own Secret. A Sentinel: its own env, or the Redis password where the
// container carries it and Bitnami's scripts run; operators and hand-written ones: none.
std::optional<SecretRef> password_of(const kube::Pod& pod, const Process& process);

// A password that stands in the spec itself: env REDIS_PASSWORD=…, --requirepass …; empty when there is none.
Secret spelled_password_of(const Process& process);

// The ACL user that the container's env names, when it is not "default".
std::string acl_user_of(const Process& process);

TlsHint tls_of(const kube::Pod& pod, const Process& process);

}  // namespace redisctl::fleet
