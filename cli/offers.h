// What may stand at the end of a command line that is being typed, worked out from the table of commands.
#pragma once

#include "cli/flags.h"
#include "cli/registry.h"

#include <span>
#include <string>
#include <vector>

namespace redisctl::cli {

struct Offer {
    std::string text, help;  // help may be empty
};

struct Offers {
    std::string begun;         // what is typed of it; of "--context=pr" only "pr"
    std::vector<Offer> known;  // those that begin so, from the table alone
    std::string live;          // what servers or files know instead: "node", "instance", "namespace", "context"
    bool files = false;        // or the names of files
    TypedFlags flags;          // the shared flags typed before
};

// words: what stands behind the program's name, the last one being typed (perhaps empty). Never fails: what makes no
// sense gets no offer.
Offers offers(std::span<const char* const> words, const Commands& commands);

}  // namespace redisctl::cli
