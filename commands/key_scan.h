// Going through a node's keys by SCAN, a page a round trip, without stopping it: KEYS would.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "commands/look.h"
#include "commands/node_names.h"
#include "output/document.h"
#include "redis/codec.h"
#include "redis/value.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace redisctl {

struct KeyScan {
    int64_t database = 0;
    std::string pattern, type;   // empty: all; a type needs Redis ≥ 6.0
    int64_t page = 1000;         // keys that the server looks at in one step
    double most_per_second = 0;  // keys looked at; 0: as fast as they come
};

// What became of one instance's scan.
struct Scanned {
    const topology::Picture& picture;
    const fleet::Node* node = nullptr;  // nullptr: there was none to scan
    redis::Role role = redis::Role::unknown;
    bool all = false;  // it came to the end
    std::optional<Error> error;
    std::string node_name() const { return node == nullptr ? std::string() : node->name; }
};

// Takes the keys of each step; a key may come twice, as SCAN says. False: enough.
using TakeKeys = std::function<Result<bool>(const fleet::Node& node, std::vector<std::string> keys)>;

// Goes through one of the wanted nodes of an instance: a linked replica rather than the master. Errors, in the result:
// unreachable, the node's own, those of `take`, interrupted. A step may take what --timeout leaves, and 2 s at least.
Scanned scan_instance(Context& context, const Look& seen, size_t instance, const NodeNames& wanted, const KeyScan& scan,
                      const TakeKeys& take);

// Counts it, and adds {"instance", "namespace", "node", "role", "database", …what was found…, "all", "error"}.
void add_item(output::Document& document, Answered& answered, const Scanned& scanned, int64_t database,
              const nlohmann::ordered_json& found);

// One request each, in one round trip, in that database. Errors as above; error replies are values.
Result<std::vector<redis::Value>> ask_in_database(Context& context, const fleet::Node& node, int64_t database,
                                                  std::vector<redis::Request> requests);

}  // namespace redisctl
