// A password for a server that is ours alone.
#pragma once

#include "base/secret.h"

#include <cstddef>

namespace redisctl {

// So many of the system's random bytes, a multiple of 4, as hexadecimal digits.
Secret new_password(size_t bytes);

}  // namespace redisctl
