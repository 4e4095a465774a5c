// A line of MONITOR → its command, and that as it is shown.
#include "redis/command_keys.h"
#include "redis/monitor_line.h"

#include <cstdint>

using namespace redisctl::redis;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (const auto line = parse_monitor_line({reinterpret_cast<const char*>(data), size})) {
        (void)without_values(line->command);
        (void)first_key(line->command);
        (void)without_any_secret(line->command);
    }
    return 0;
}
