// RESP2 on bytes: no I/O. hiredis does the reading, with our caps, because its own reader trusts every size that the peer names.
#pragma once

#include "base/result.h"
#include "redis/value.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::redis {

// One command with its arguments, as they go over the wire.
using Request = std::vector<std::string>;

// *N\r\n$len\r\narg\r\n… ; any bytes are allowed in an argument.
std::string encode(const Request& request);

class Decoder {
  public:
    // No reply may hold more: elements of all levels together, bytes while it is incomplete (also announced ones), levels of nesting.
    static constexpr size_t max_elements = 1'000'000;
    static constexpr size_t max_reply_bytes = 64u << 20;
    static constexpr size_t max_depth = 7;  // hiredis 0.14's own limit; newer ones allow 9

    Decoder();
    ~Decoder();
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;

    void feed(std::string_view bytes);
    // The next complete reply; nullopt when more bytes are needed. After an error (protocol) the connection is of no further use.
    // A peer that is no Redis is named by what it said first (HTTP, TLS, SSH).
    Result<std::optional<Value>> next();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace redisctl::redis
