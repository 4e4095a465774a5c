// The documents of changes: what was planned, what happened, what came of it. Inside output/ only.
#pragma once

#include "output/schema_pieces.h"

namespace redisctl::output {

pieces::Members plan_members();
pieces::Members event_members();
pieces::Members result_members();
pieces::Json history_item();

}  // namespace redisctl::output
