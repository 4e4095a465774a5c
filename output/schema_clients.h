// The items of the documents about what stands before the servers: HAProxy and clients. Included by schema.cpp only.
#pragma once

#include "output/schema_pieces.h"

namespace redisctl::output {

pieces::Json client_settings_item();
pieces::Json haproxy_check_item();
pieces::Json haproxy_config_item();

}  // namespace redisctl::output
