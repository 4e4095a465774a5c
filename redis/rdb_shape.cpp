#include "redis/rdb_shape.h"

namespace redisctl::redis {

std::string_view rdb_value_shape(uint8_t type) {
    switch (type) {
        case 0:  // string
        case 9:  // zipmap, ziplists and an intset: one string each
        case 10:
        case 11:
        case 12:
        case 13:
        case 16:  // hash, sorted set and set as listpacks
        case 17:
        case 20:
            return "s";
        case 1:   // list
        case 2:   // set
        case 14:  // list of ziplists
            return "*(s)";
        case 3:  // sorted set, scores as text
            return "*(sd)";
        case 4:  // hash
            return "*(ss)";
        case 5:  // sorted set, scores as doubles
            return "*(s8)";
        case 7:  // of a module
            return "lm";
        // Streams: the listpacks; length and ids; the groups: name, last id, what is pending, the consumers.
        case 15:
            return "*(ss)lll*(sll*(x8l)*(s8*(x)))";
        case 18:  // list of listpacks and large elements
            return "*(ls)";
        case 19:  // more ids, and what the groups have read
            return "*(ss)llllllll*(slll*(x8l)*(s8*(x)))";
        case 21:  // and when the consumers were active
            return "*(ss)llllllll*(slll*(x8l)*(s88*(x)))";
        case 24:  // hash with a time to live a field
            return "8*(lss)";
        case 25:  // the same as a listpack
            return "8s";
        default:
            // 6 is of modules before 4.0; 22 and 23 were never released by Redis, and 22 is another thing in Valkey 9.
            return {};
    }
}

std::string_view rdb_opcode_shape(uint8_t opcode) {
    switch (opcode) {
        case 244:  // slot: number, keys, keys that expire
            return "lll";
        case 247:  // what a module keeps beside the keys
            return "lllm";
        case 251:  // keys of the database, and those that expire
            return "ll";
        default:
            return {};
    }
}

}  // namespace redisctl::redis
