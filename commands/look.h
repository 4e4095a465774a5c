// What most commands begin with: find the target, ask every node what it sees, join the answers. One API call and one
// round trip.
#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "commands/context.h"
#include "fleet/finder.h"
#include "output/document.h"
#include "topology/picture.h"

#include <string>
#include <vector>

namespace redisctl {

struct Look {
    fleet::Found found;
    std::vector<topology::Picture> pictures;  // one an instance, in the order of found.inventory.instances
};

// Errors: what find() says; dead nodes are part of the pictures. With plain hosts the masters and replicas that the
// hosts report are asked too, as far as they can be reached.
Result<Look> look(Context& context);

// The same of exactly one instance. Errors: also not_found, with the names, when there are several. `why`: "a change is
// about one".
Result<Look> look_at_one(Context& context, std::string_view why);

// The document with what every look has in common: errors of nodes that did not answer, findings, and why Services are
// unknown.
output::Document begin_document(std::string_view kind, const Context& context, const Look& look);

// How many of the nodes (Sentinels included) answered, for the exit code.
struct Answered {
    size_t yes = 0, no = 0;
    // Of those that gave no answer: turned us away for want of permission, answered with an error (LOADING …), are not
    // there (nor is their Secret).
    size_t denied = 0, spoke = 0, missing = 0;
    void count(const std::optional<Error>& error);
};
Answered count_answers(const Look& look);

// 0, 7 when some did not answer; when none did: 5 where permission is what is missing, 3 where all are gone,
// 1 where errors came back, else 4.
ExitCode shown(const Answered& answered);
// For commands that judge: 1 on a critical finding (on a warning too with --fail-on warning), else as shown().
ExitCode judged(const Answered& answered, const std::vector<Finding>& findings, const Globals& globals);

}  // namespace redisctl
