// haproxy.cfg as sections of lines of words, each with the number of its line. No I/O. Tolerant: what HAProxy itself
// would refuse is read as well as it can be; `haproxy -c` is the judge of that.
// Quoting and escapes: HAProxy's configuration manual, section 2.2, and parse_line() of its src/tools.c.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::clients {

struct HaproxyLine {
    size_t number = 0;               // from 1
    std::vector<std::string> words;  // never empty; "${NAME}" stays as it is written
};

struct HaproxySection {
    std::string kind;  // global | defaults | frontend | backend | listen | resolvers …
    std::string name;  // empty where there is none
    std::string from;  // the defaults that it names
    size_t number = 0;
    std::vector<HaproxyLine> lines;
};

// Conditions (.if … .endif) are not decided: the lines of every branch count. Errors (usage): over 1 MiB, or no section
// at all.
Result<std::vector<HaproxySection>> parse_haproxy(std::string_view text);

}  // namespace redisctl::clients
