// Small local files, read whole: kubeconfigs, certificates, tokens.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>

namespace redisctl::kube {

// Pipes (`--kubeconfig <(…)`) are read to their end too. Errors (`io`, the system's words as the cause): reason MISSING
// when there is no such file; a folder, no permission, more than max_bytes.
Result<std::string> read_local_file(const std::string& path, size_t max_bytes);

}  // namespace redisctl::kube
