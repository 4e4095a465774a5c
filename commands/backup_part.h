// One part of a backup of settings or Kubernetes objects, read whole and compared with its manifest.
#pragma once

#include "backup/manifest.h"
#include "base/result.h"

#include <string>

namespace redisctl {

// As it was saved; where it is encrypted, opened with the passphrase in this file. Errors: usage: no passphrase, or its
// file cannot be read; refused WRONG_PASSPHRASE; io DAMAGED: it is not what its manifest says; io.
Result<std::string> text_of_part(const std::string& folder, const backup::Part& part,
                                 const std::string& passphrase_file);

}  // namespace redisctl
