// A pre-check of a switch: a statement about the systems as they are now, with the value found and the limit it is held
// against. Plain data: dry run, JSON, journal and the refusal's text read the same list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::failover {

enum class Verdict { ok, warn, block, unknown };
std::string_view verdict_name(Verdict verdict);  // "ok", "warn", "block", "unknown"

struct Check {
    std::string name;  // stable, what --override takes: "target-link", "backlog" …; listed in docs/failover.md
    Verdict verdict = Verdict::unknown;
    std::string node;          // empty when it is about no single node
    std::string value;         // as found: "up", "3.2MiB", "unknown: NOPERM on CONFIG"
    std::string limit;         // what it must be: "up", "at most 1MiB"
    std::string hint;          // what to do when it is not ok; may be empty
    bool overridable = false;  // --override NAME turns block and unknown into warn
    bool overridden = false;
};

// Block, or unknown and needed: the switch is refused. Unknown counts as block for a planned switch: what cannot be
// seen is no reason to go on.
bool refuses(const Check& check);

}  // namespace redisctl::failover
