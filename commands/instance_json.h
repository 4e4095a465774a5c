// INSTANCE, NODE, SENTINEL, SERVICE and WITNESS of the contract. What is unknown is null.
#pragma once

#include "topology/picture.h"

#include <nlohmann/json_fwd.hpp>

namespace redisctl {

nlohmann::ordered_json to_json(const topology::Picture& picture);
nlohmann::ordered_json to_json(const topology::NodePicture& node);
nlohmann::ordered_json to_json(const topology::Witness& witness);

}  // namespace redisctl
