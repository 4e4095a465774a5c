// ConfigMaps, read by name.
#pragma once

#include "kube/reads.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace redisctl::kube {

// Its texts by key; what is not text (binaryData) is left out.
using ConfigMapTexts = std::map<std::string, std::string, std::less<>>;

// Errors: `protocol`.
Result<ConfigMapTexts> parse_config_map(std::string_view json);

Reading<ConfigMapTexts> read_config_map(Client& client, const std::string& ns, const std::string& name,
                                        Deadline deadline);

}  // namespace redisctl::kube
