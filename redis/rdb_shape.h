// How a value of each type lies in an RDB: not what it means, only how to walk over it.
#pragma once

#include <cstdint>
#include <string_view>

namespace redisctl::redis {

// A word for each thing that follows:
//   s  a string: its length (or how it is coded), then its bytes
//   l  a length
//   1, 4, 8, x  one, four, eight, sixteen bytes
//   d  a double as text: one byte for its length, 253 to 255 for what is no number
//   m  what a module saved, piece by piece, up to its end mark
//   *(…)  a length, and so many times what is in the brackets
// Empty: a type that is not known here.
// Source: redis 8.0 src/rdb.c rdbLoadObject; valkey 8.1 has the same up to type 21.
std::string_view rdb_value_shape(uint8_t type);

// The same of what stands between the keys: an opcode of 244 or more that holds nothing that is to be counted. Empty:
// it is not known here, or is read by itself.
std::string_view rdb_opcode_shape(uint8_t opcode);

}  // namespace redisctl::redis
