// The items of the documents about backups. Included by schema.cpp only.
#pragma once

#include "output/schema_pieces.h"

namespace redisctl::output {

pieces::Json backup_item();
pieces::Json backup_check_item();
pieces::Json backup_list_item();
pieces::Json backup_plan_item();

}  // namespace redisctl::output
