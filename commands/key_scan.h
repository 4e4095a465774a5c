// Going through a node's keys by SCAN, a page a round trip, without stopping it: KEYS would.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "commands/look.h"
#include "commands/node_names.h"
#include "redis/codec.h"
#include "redis/value.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace redisctl {

struct KeyScan {
    int64_t database = 0;
    std::string pattern, type;   // empty: all; a type needs Redis ≥ 6.0
    int64_t page = 1000;         // keys that the server looks at in one step
    double most_per_second = 0;  // keys looked at; 0: as fast as they come
};

// Which of the wanted nodes is gone through: a linked replica rather than the master. Errors: unreachable.
struct ScannedNode {
    const fleet::Node* node;
    redis::Role role;
};
Result<ScannedNode> node_to_scan(const Look& seen, size_t instance, const NodeNames& wanted);

// Calls `page` with the keys of each step until it says false, or all were seen; a key may come twice, as SCAN says.
// True when it came to the end. Errors: the node's own, those of `page`, interrupted. A step may take what --timeout
// leaves, and 2 s at least.
Result<bool> scan_keys(Context& context, const fleet::Node& node, const KeyScan& scan,
                       const std::function<Result<bool>(std::vector<std::string> keys)>& page);

// One request each, in one round trip, in that database. Errors as above; error replies are values.
Result<std::vector<redis::Value>> ask_in_database(Context& context, const fleet::Node& node, int64_t database,
                                                  std::vector<redis::Request> requests);

}  // namespace redisctl
