// What is to be restored, read once from its begin to its end before anything is changed.
#pragma once

#include "backup/find.h"
#include "base/result.h"
#include "redis/rdb_facts.h"
#include "redis/rdb_visitor.h"

#include <cstdint>
#include <map>
#include <string>

namespace redisctl {

struct RestoreFile {
    struct Database {
        uint64_t live = 0, expired = 0;  // is_over(), by this machine's clock, when it was read
    };

    std::string path;
    std::optional<backup::Manifest> manifest;
    redis::RdbFacts facts;
    uint64_t bytes = 0;
    std::string sha256;
    std::map<uint64_t, Database> databases;
    std::string first_key;        // a name to ask for a permission with; empty: there is no key, or it has none
    std::string largest_key;      // printable, with its database
    uint64_t largest = 0;         // its value, as RESTORE takes it
    std::string first_of_module;  // printable: a key whose value a module made; empty: none
    uint64_t of_modules = 0;
    // Where the values lie that are too large to be held: by the key's place in the file, from 0 on, the length of the
    // value behind its type.
    std::map<uint64_t, uint64_t> large;

    uint64_t live() const;
    uint64_t expired() const;
};

// A value up to this size is held while it is sent, a larger one is sent as it is read.
inline constexpr uint64_t held_at_most = 1u << 20;

// Errors: not_found, io; interrupted; refused (NOT_WHOLE), with the check that failed, or because it holds something
// that is not known here.
Result<RestoreFile> read_restore_file(const backup::Named& named);

// Is this key to be left out at this time? Its own has come; or it is the lock of a change of ours, which lives for a
// minute and is in a backup that was taken meanwhile.
bool is_over(const redis::RdbKey& key, int64_t now_ms);

// Milliseconds since the epoch, by this machine's clock.
int64_t clock_ms();

}  // namespace redisctl
