// The items of the commands that ask each node for its numbers. Included by schema.cpp only.
#pragma once

#include "output/schema_pieces.h"

namespace redisctl::output {

pieces::Json big_keys_item();
pieces::Json clients_item();
pieces::Json config_item();
pieces::Json config_origin_item();
pieces::Json database_sizes_item();
pieces::Json exec_item();
pieces::Json keys_item();
pieces::Json memory_item();
pieces::Json persistence_item();
pieces::Json slow_log_item();
pieces::Json stats_item();

}  // namespace redisctl::output
