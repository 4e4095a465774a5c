// LZF, by which servers compress strings in an RDB (redis src/lzf_d.c).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::redis {

// nullopt: it is broken, or does not make exactly `size` bytes.
std::optional<std::string> lzf_decompress(std::string_view bytes, size_t size);

}  // namespace redisctl::redis
