// Names to choose from: the contexts of the kubeconfig, the namespaces of a cluster.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"
#include "kube/config.h"

#include <string>
#include <vector>

namespace redisctl::kube {

// What flags.context may be, in natural order; reads files only. Errors (usage): a kubeconfig that cannot be read.
Result<std::vector<std::string>> context_names(const ConfigFlags& flags, const ConfigSources& sources);

// Of all namespaces, in the API server's order. Errors: as Fetch; listing them wants a ClusterRole.
Result<std::vector<std::string>> namespace_names(Client& client, Deadline deadline);

}  // namespace redisctl::kube
