#include "redis/value.h"

#include "base/text.h"

#include <fmt/format.h>

namespace redisctl::redis {

namespace {

std::string_view what_came(Value::Type type) {
    switch (type) {
        case Value::Type::nil:
            return "nil";
        case Value::Type::status:
            return "a status";
        case Value::Type::error:
            return "an error reply";
        case Value::Type::integer:
            return "an integer";
        case Value::Type::string:
            return "a string";
        case Value::Type::array:
            return "an array";
    }
    return "something else";
}

tl::unexpected<Error> unexpected_type(std::string_view expected, Value::Type came) {
    return fail(ErrorCode::protocol, fmt::format("the reply has {} where {} is expected", what_came(came), expected));
}

}  // namespace

std::string_view Value::error_word() const {
    if (!is_error()) return {};
    return std::string_view(text).substr(0, text.find(' '));
}

Result<std::string_view> Value::as_text() const {
    if (type == Type::status || type == Type::string) return text;
    return unexpected_type("text", type);
}

Result<int64_t> Value::as_integer() const {
    if (type == Type::integer) return integer;
    if (type == Type::string) {
        if (auto number = parse_int(text)) return *number;
        return fail(ErrorCode::protocol, "the reply has other text where an integer is expected");
    }
    return unexpected_type("an integer", type);
}

Result<const std::vector<Value>*> Value::as_array() const {
    if (type == Type::array) return &elements;
    return unexpected_type("an array", type);
}

}  // namespace redisctl::redis
