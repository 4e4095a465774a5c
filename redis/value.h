// A RESP2 reply as an owned tree, with accessors that check instead of trusting the peer.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::redis {

struct Value {
    enum class Type { nil, status, error, integer, string, array };

    Type type = Type::nil;
    std::string text;             // status, error (without the '-') and string
    int64_t integer = 0;          // integer
    std::vector<Value> elements;  // array

    bool is_nil() const { return type == Type::nil; }
    bool is_error() const { return type == Type::error; }
    // "NOAUTH" of "NOAUTH Authentication required."; empty when this is no error.
    std::string_view error_word() const;

    // Each: the content, or an Error (protocol) that says what was expected and what came.
    Result<std::string_view> as_text() const;  // status or string
    Result<int64_t> as_integer() const;        // integer, or a string that is one
    Result<const std::vector<Value>*> as_array() const;
};

}  // namespace redisctl::redis
