#include "redis/command_stream.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace redisctl::redis {

namespace {

constexpr size_t longest_line = 32, longest_name = 256;
constexpr int64_t most_bytes_of_one = int64_t{1} << 40;

}  // namespace

Error CommandStream::broken(std::string_view why) const {
    return {ErrorCode::protocol, fmt::format("these are no commands as Redis writes them, near byte {}", read_),
            std::string(why), {}, "NO_COMMANDS"};
}

Result<void> CommandStream::feed(std::string_view bytes) {
    size_t from = 0;  // what the visitor has not heard of yet
    for (size_t at = 0; at < bytes.size();) {
        const In in = in_;
        const std::string_view rest = bytes.substr(at);
        size_t taken = 0;
        if (in == In::text) {
            taken = static_cast<size_t>(std::min<uint64_t>(left_, rest.size()));
            if (!named_) name_ += rest.substr(0, taken);
            left_ -= taken;
            if (left_ == 0 && rest[taken - 1] != '\n')
                return fail(broken("an argument has another length than it says"));
        } else {
            const size_t end = rest.find('\n');
            taken = end == std::string_view::npos ? rest.size() : end + 1;
            line_ += rest.substr(0, std::min(taken, longest_line + 1));
            if (line_.size() > longest_line) return fail(broken("a line is too long"));
        }
        at += taken;
        read_ += taken;
        const bool was_named = named_;
        if (in == In::text ? left_ == 0 : line_.ends_with('\n')) TRY(in == In::text ? text_ends() : line_ends());
        if (named_ && !was_named && !held_.empty()) {
            TRY(visitor_.bytes(held_));
            held_.clear();
        }
        if (in == In::text && in_ == In::count) {
            TRY(visitor_.bytes(bytes.substr(from, at - from)));
            from = at;
            named_ = false;
            name_.clear();
            TRY(visitor_.ends());
        }
    }
    const std::string_view rest = bytes.substr(from);
    if (named_) return rest.empty() ? Result<void>{} : visitor_.bytes(rest);
    held_ += rest;
    return {};
}

Result<void> CommandStream::line_ends() {
    const char mark = in_ == In::count ? '*' : '$';
    const std::string_view line = line_;
    const auto number = line.size() > 3 && line.ends_with("\r\n") && line.front() == mark
                            ? parse_int(line.substr(1, line.size() - 3))
                            : std::nullopt;
    const bool in_bounds = number && *number >= (in_ == In::count ? 1 : 0) && *number <= most_bytes_of_one;
    if (!in_bounds)
        return fail(broken(fmt::format("'{}' is no {}", printable(trim(line)),
                                       in_ == In::count ? "number of arguments" : "length of one")));
    if (in_ == In::count) {
        arguments_ = *number;
        in_ = In::length;
    } else {
        if (!named_ && static_cast<size_t>(*number) > longest_name) return fail(broken("a name is too long"));
        left_ = static_cast<uint64_t>(*number) + 2;
        in_ = In::text;
    }
    line_.clear();
    return {};
}

Result<void> CommandStream::text_ends() {
    in_ = --arguments_ == 0 ? In::count : In::length;
    if (named_) return {};
    name_.resize(name_.size() - 2);
    std::ranges::transform(name_, name_.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    named_ = true;
    return visitor_.command(name_);
}

}  // namespace redisctl::redis
