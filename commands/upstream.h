// An instance as clients and HAProxy see it: the found nodes and what the look learned, as plain values.
#pragma once

#include "clients/upstream.h"
#include "commands/context.h"
#include "commands/look.h"

namespace redisctl {

// After a look, of its i-th instance. The passwords are inside: whoever prints them was asked to (--with-secrets).
clients::Upstream upstream_of(Context& context, const Look& look, size_t i);

}  // namespace redisctl
