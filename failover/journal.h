// The journal of one operation: what was meant, before it was done. Append-only, a JSON document a line, fsync before
// every change; no secrets. It tells resume what was intended and which values to give back; what is true is observed.
// Place: ${XDG_STATE_HOME:-~/.local/state}/redisctl/ops/<operation>.jsonl, locked (fcntl F_OFD_SETLK) by the process
// that writes it: whoever gets that lock knows that the others who wrote it have ended.
#pragma once

#include "base/environment.h"
#include "base/fd.h"
#include "base/result.h"
#include "failover/plan.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace redisctl::failover {

class Journal {
  public:
    // A new one, with the plan as its first record. `goes_on_by`: as of Recorded. Errors: refused, when it cannot be
    // written: no change without it.
    static Result<Journal> create(const Environment& environment, const std::string& operation, const Plan& plan,
                                  const std::string& goes_on_by = {});
    // Appends to one that is there. Errors: refused, when it cannot be written, or (reason LOCKED) when its run lives.
    static Result<Journal> reopen(const Environment& environment, const std::string& path,
                                  const std::string& operation);

    const std::string& path() const { return path_; }
    const std::string& operation() const { return operation_; }

    // On disk when it returns. Errors: io.
    Result<void> intend(const std::string& step, bool undo = false);
    // What came of it; written, not waited for: what is true is observed anyway.
    void note(const nlohmann::ordered_json& record);
    // The same where it cannot be observed: on disk when it returns. Errors: io.
    Result<void> keep(const nlohmann::ordered_json& record);
    // On disk when it returns: nothing is left to do.
    Result<void> end(const nlohmann::ordered_json& result);

  private:
    Journal(Fd file, std::string path, std::string operation)
        : file_(std::move(file)), path_(std::move(path)), operation_(std::move(operation)) {}
    Result<void> append(nlohmann::ordered_json record, bool on_disk);

    Fd file_;
    std::string path_, operation_;
};

// One operation as its journal tells it.
struct Recorded {
    std::string operation, path, started;  // RFC 3339
    Plan plan;
    std::set<std::string> intended;  // steps that may have been done
    std::string last_step;
    std::optional<int64_t> final_offset;  // of the old master, read behind its fence
    std::set<std::string> holders;  // who wrote it, as their locks name them: see holder_identity
    bool running = false;           // one of them is still at work
    bool ended = false;
    std::string outcome;  // of the result; empty while it has not ended
    std::string ended_at;
    // The line that goes on with it; empty: `resume` does. Such a one has borrowed nothing, so that it is in nobody's
    // way until then.
    std::string goes_on_by;
    std::string undone_by;  // the line that brings back what it has replaced; empty: there is none
    struct Place {
        uint64_t done = 0, of = 0;
    };
    std::optional<Place> place;  // how far its last step came, where it says that
};

// Not over, and nobody is at work on it: it was killed, or it ended where its own command can go on with it.
bool is_left(const Recorded& recorded);

// "3f9c1a…": 12 hexadecimal digits, new each time.
std::string new_operation();

std::string journal_folder(const Environment& environment);
std::string journal_path(const Environment& environment, const std::string& operation);
// All that stands in one. Errors: not_found. A half-written line (the disk was full, the machine died) is ignored.
Result<std::vector<nlohmann::ordered_json>> read_records(const std::string& path);
// Errors: also protocol.
Result<Recorded> read_journal(const std::string& path);
// All, newest first; unreadable ones are told of in `unreadable`.
std::vector<Recorded> read_journals(const Environment& environment, std::vector<Error>& unreadable);

}  // namespace redisctl::failover
