// Names that only files, the API server or the servers themselves know, for completion.
#pragma once

#include "base/environment.h"
#include "base/result.h"
#include "base/time.h"
#include "commands/globals.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::cli {

// kind: "context", "namespace", "instance", "node"; none for any other. Nothing is changed anywhere, and in Kubernetes
// no Redis is asked: pods tell both. Plain hosts are asked whom they follow. Names of the last seconds come from
// NamesCache. stdin is not read: a password that should come from there is left out. Errors: any, for nobody to read.
Result<std::vector<std::string>> live_names(std::string_view kind, Globals globals, const Environment& environment,
                                            Millis budget);

}  // namespace redisctl::cli
