// CONFIG GET of one node: what is asked, read and shown.
#pragma once

#include "commands/ask_each.h"
#include "redis/info_fields.h"

#include <string>
#include <vector>

namespace redisctl {

using Parameters = redis::InfoFields;

// Of all parameters where no pattern is given.
std::vector<redis::Request> parameter_requests(const std::vector<std::string>& patterns);

// Errors: the node's own, and those of its replies.
Result<Parameters> parameters_of(const AskedNode& node);

// A password is hidden.
std::string shown_value(const std::string& name, const std::string& value);

}  // namespace redisctl
