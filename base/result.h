// Result<T>: a value or an Error. The name is ours, the implementation is tl::expected until std::expected is everywhere.
#pragma once

#include "base/error.h"

#include <tl/expected.hpp>

#include <utility>

namespace redisctl {

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string cause = {}, std::string hint = {}) {
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(cause), std::move(hint), {}});
}

}  // namespace redisctl

#define REDISCTL_CONCAT_(a, b) a##b
#define REDISCTL_CONCAT(a, b) REDISCTL_CONCAT_(a, b)

// Returns the error of a Result<void> (or of any Result whose value is not needed) to the caller.
#define TRY(expression)                                                                                \
    do {                                                                                               \
        if (auto&& try_result = (expression); !try_result) return ::redisctl::fail(std::move(try_result).error()); \
    } while (false)

// TRY_ASSIGN(auto x, f()): x gets the value, or the error is returned to the caller.
#define TRY_ASSIGN(target, expression) TRY_ASSIGN_(REDISCTL_CONCAT(try_assign_, __LINE__), target, expression)
#define TRY_ASSIGN_(name, target, expression)                      \
    auto name = (expression);                                      \
    if (!name) return ::redisctl::fail(std::move(name).error()); \
    target = std::move(*name)
