// The only integers the shell sees. Their texts are in cli/ and docs; scripts depend on them, so they change only by adding.
#pragma once

namespace redisctl {

enum class ExitCode : int {
    ok = 0,             // done; the answer is good
    bad_answer = 1,     // asked and answered, and the answer is bad
    usage = 2,          // wrong usage or configuration
    not_found = 3,      // target not found or ambiguous
    unreachable = 4,    // nothing could be reached, or the deadline passed
    not_permitted = 5,  // not permitted, and nothing else answered
    refused = 6,        // refused before any change
    partial = 7,        // some nodes did not answer
    rolled_back = 8,    // failed after a change, undone and verified
    incomplete = 9,     // incomplete or unknown after a change
    internal = 70,
    output = 74,
    interrupted = 130,
    terminated = 143,
};

}  // namespace redisctl
