// Everything that can be found out about instances: one look, what the Sentinels remember, and what a survey of every
// node and pod finds.
#pragma once

#include "base/result.h"
#include "commands/look.h"

namespace redisctl {

// A look whose pictures have all findings, the worst first, and the health that follows. Connections stay open for more
// questions. Errors: those of look(); interrupted.
Result<Look> examine(Context& context);

}  // namespace redisctl
