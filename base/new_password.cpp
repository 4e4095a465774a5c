#include "base/new_password.h"

#include <fmt/core.h>

#include <random>
#include <string>
#include <utility>

namespace redisctl {

Secret new_password(size_t bytes) {
    std::random_device random;
    std::string text;
    while (text.size() < 2 * bytes) text += fmt::format("{:08x}", random());
    return Secret(std::move(text));
}

}  // namespace redisctl
