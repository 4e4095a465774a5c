// The items of the documents about VolumeSnapshots. Included by schema.cpp only.
#pragma once

#include "output/schema_pieces.h"

namespace redisctl::output {

pieces::Json snapshot_item();
pieces::Json snapshot_list_item();

}  // namespace redisctl::output
