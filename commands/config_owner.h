// Who else decides what a server's settings are, and so how long one lasts that was set by hand.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "commands/look.h"

#include <string>
#include <vector>

namespace redisctl {

// Sentences for a plan that sets these parameters (lower case): what an operator sets back, what the next start of a
// pod forgets. The look is of one instance. Errors: interrupted.
Result<std::vector<std::string>> lasting_of(Context& context, const Look& look,
                                            const std::vector<std::string>& parameters, bool rewrite);

}  // namespace redisctl
