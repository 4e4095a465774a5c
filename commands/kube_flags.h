// What the shared flags say about the kubeconfig.
#pragma once

#include "commands/globals.h"
#include "kube/config.h"

namespace redisctl {

kube::ConfigFlags config_flags(const Globals& globals);

}  // namespace redisctl
