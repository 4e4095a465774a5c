#include "base/secret.h"

#include <string.h>

#include <utility>

namespace redisctl {

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        wipe();
        text_ = other.text_;
    }
    return *this;
}

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        text_ = std::move(other.text_);
        other.wipe();
    }
    return *this;
}

void Secret::wipe() {
    // explicit_bzero is not optimised away; a moved-from short string keeps its bytes in place, so the whole capacity goes.
    explicit_bzero(text_.data(), text_.capacity());
    text_.clear();
}

}  // namespace redisctl
