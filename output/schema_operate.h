// The items of the documents that commands for operating print: logs, events and what changes single nodes. Included by
// schema.cpp only.
#pragma once

#include "output/schema_pieces.h"

namespace redisctl::output {

pieces::Json background_save_item();
pieces::Json config_change_item();
pieces::Json config_restore_item();
pieces::Json flush_item();
pieces::Members kubernetes_event_members();
pieces::Json kubernetes_events_item();
pieces::Json latency_item();
pieces::Members latency_extra();
pieces::Members log_line_members();
pieces::Json metrics_item();
pieces::Members monitor_line_members();
pieces::Json shell_item();

}  // namespace redisctl::output
