// What the journal of a restore says beside its plan, so that one that was stopped can be gone on with: what is
// restored, in which process of which node, and how far it came.
#pragma once

#include "base/environment.h"
#include "base/result.h"
#include "commands/replay.h"
#include "commands/restore_checks.h"
#include "failover/journal.h"
#include "topology/picture.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace redisctl {

struct StoppedRestore {
    std::string operation, journal;  // journal: its path
    std::set<std::string> holders;   // as of failover::Recorded
    std::string file, sha256;        // file: its path then; what it holds tells whether it is the same
    RestoreMode mode = RestoreMode::into_empty;
    std::string master, run_id, replid;                  // the process that took the keys, and its history
    std::optional<int64_t> expired_keys, evicted_keys;  // as the master counted them before the first key
    bool emptied = false, sending = false;              // the keys of before were removed; the first key may be there
    std::string safety_backup;                          // its path; empty: there is none
    Replayed replayed;                                  // acknowledged, and on this disk

    // Has it a place to go on from? Otherwise nothing of it is there yet, and it begins as a new one does.
    bool has_begun() const { return sending && (mode != RestoreMode::replace_all || emptied); }
    // Only in the same process and the same history all is there that was acknowledged: another master may never have
    // had the last of it, and one that was a replica meanwhile may have lost it again.
    bool goes_on_in(const RestoreTarget& target) const { return run_id == target.run_id && replid == target.replid; }
};

// The last restore of this file to this instance, by this machine's journals. Errors: refused (NOTHING_TO_RESUME), and
// why: there is none, it is done, it was of another file, or another one has been there since; refused (LOCKED): it is
// still at work. `kube_context`: of the instance; empty: none.
Result<StoppedRestore> find_stopped(const Environment& environment, const std::string& kube_context,
                                    const topology::Picture& picture, const RestoreFile& file,
                                    const RestoreTarget& target);

// Its records, on disk when they return. Errors: refused, as of failover::Journal.
Result<void> note_begin(failover::Journal& journal, const RestoreFile& file, const RestoreTarget& target,
                        RestoreMode mode, const std::string& master);
Result<void> note_emptied(failover::Journal& journal);
Result<void> note_safety_backup(failover::Journal& journal, const std::string& path, const std::string& undone_by);
Result<void> note_place(failover::Journal& journal, const RestoreFile& file, const Replayed& replayed);

// Keys and libraries of functions, as Replayed::place counts them.
uint64_t places_in(const RestoreFile& file);

}  // namespace redisctl
