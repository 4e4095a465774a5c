#include "failover/journal.h"

#include "base/text.h"
#include "failover/lock.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include <fcntl.h>
#include <unistd.h>

namespace redisctl::failover {

namespace {

using Json = nlohmann::ordered_json;

Error cannot_write(const std::string& path, int number) {
    return Error{ErrorCode::refused, fmt::format("the journal {} cannot be written", path), std::strerror(number),
                 "make room, or name another folder: XDG_STATE_HOME=/var/tmp redisctl …", "JOURNAL"};
}

struct flock whole_file() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

// Of this open file, so that it goes with the process, and with nothing less. A file system without locks has it that
// nobody is known to have ended.
Result<void> lock_file(const Fd& file, const std::string& operation) {
    struct flock lock = whole_file();
    if (::fcntl(file.get(), F_OFD_SETLK, &lock) == 0) return {};
    return fail(Error{ErrorCode::refused, fmt::format("operation {} is still at work", operation),
                      errno == EAGAIN || errno == EACCES ? "the process that began it, or one that resumed it, lives"
                                                         : std::strerror(errno),
                      "redisctl history", "LOCKED"});
}

bool is_locked(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct flock lock = whole_file();
    return file && ::fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

// The entry of a new file is on disk only when its folder is.
void sync_folder(const std::string& folder) {
    const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd) ::fsync(fd.get());
}

}  // namespace

std::string new_operation() {
    std::random_device random;
    return fmt::format("{:08x}{:04x}", random(), random() & 0xffffu);
}

std::string journal_folder(const Environment& environment) {
    if (const auto state = environment("XDG_STATE_HOME"); state && !state->empty()) return *state + "/redisctl/ops";
    return environment("HOME").value_or("") + "/.local/state/redisctl/ops";
}

std::string journal_path(const Environment& environment, const std::string& operation) {
    return fmt::format("{}/{}.jsonl", journal_folder(environment), operation);
}

Result<Journal> Journal::create(const Environment& environment, const std::string& operation, const Plan& plan,
                                const std::string& goes_on_by) {
    const std::string folder = journal_folder(environment);
    const std::string path = journal_path(environment, operation);
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) return fail(cannot_write(path, failed.value()));
    Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
    if (!file) return fail(cannot_write(path, errno));
    TRY(lock_file(file, operation));
    Journal journal(std::move(file), path, operation);
    const std::string holder = holder_identity(environment, operation);
    Json first{{"record", "plan"}, {"operation", operation}, {"holder", holder}, {"plan", to_json(plan)}};
    if (!goes_on_by.empty()) first["goesOnBy"] = goes_on_by;
    if (const Result<void> written = journal.append(std::move(first), true); !written) {
        ::unlink(path.c_str());
        return fail(written.error());
    }
    sync_folder(folder);
    return journal;
}

Result<Journal> Journal::reopen(const Environment& environment, const std::string& path, const std::string& operation) {
    Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (!file) return fail(cannot_write(path, errno));
    TRY(lock_file(file, operation));
    Journal journal(std::move(file), path, operation);
    TRY(journal.append({{"record", "resumed"}, {"holder", holder_identity(environment, operation)}}, true));
    return journal;
}

Result<void> Journal::append(Json record, bool on_disk) {
    record["at"] = rfc3339_now();
    // A line that was cut off must not swallow this one.
    const std::string line = "\n" + record.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    size_t written = 0;
    while (written < line.size()) {
        const ssize_t n = ::write(file_.get(), line.data() + written, line.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(cannot_write(path_, errno));
        written += static_cast<size_t>(n);
    }
    if (on_disk && ::fdatasync(file_.get()) != 0) return fail(cannot_write(path_, errno));
    return {};
}

Result<void> Journal::intend(const std::string& step, bool undo) {
    return append({{"record", undo ? "undo" : "intent"}, {"step", step}}, true);
}

void Journal::note(const Json& record) {
    (void)append(record, false);
}

Result<void> Journal::keep(const Json& record) {
    return append(record, true);
}

Result<void> Journal::end(const Json& result) {
    return append({{"record", "end"}, {"result", result}}, true);
}

Result<std::vector<Json>> read_records(const std::string& path) {
    std::ifstream file(path);
    if (!file) return fail(ErrorCode::not_found, fmt::format("there is no journal {}", path));
    std::vector<Json> records;
    for (std::string line; std::getline(file, line);) {
        if (line.empty()) continue;
        if (Json record = Json::parse(line, nullptr, false); record.is_object()) records.push_back(std::move(record));
    }
    return records;
}

Result<Recorded> read_journal(const std::string& path) {
    TRY_ASSIGN(const std::vector<Json> records, read_records(path));
    Recorded recorded;
    recorded.path = path;
    bool planned = false;
    for (const Json& record : records) {
        const std::string kind = record.value("record", "");
        if (record.contains("undoneBy")) recorded.undone_by = record.value("undoneBy", "");
        if (record.contains("holder")) recorded.holders.insert(record.value("holder", ""));
        if (kind == "plan" && record.contains("plan")) {
            recorded.operation = record.value("operation", "");
            recorded.started = record.value("at", "");
            recorded.goes_on_by = record.value("goesOnBy", "");
            TRY_ASSIGN(recorded.plan, plan_from_json(record["plan"]));
            planned = true;
        } else if (kind == "intent") {
            recorded.last_step = record.value("step", "");
            recorded.intended.insert(recorded.last_step);
        } else if (kind == "reading" && record.contains("finalOffset")) {
            recorded.final_offset = record.value("finalOffset", int64_t{0});
        } else if (kind == "place") {
            recorded.place = {record.value("done", uint64_t{0}), record.value("of", uint64_t{0})};
        } else if (kind == "end") {
            recorded.ended = true;
            recorded.ended_at = record.value("at", "");
            if (record.contains("result")) recorded.outcome = record["result"].value("outcome", "");
        } else if (kind == "resumed") {
            recorded.ended = false;
        }
    }
    if (!planned) return fail(ErrorCode::protocol, fmt::format("the journal {} holds no plan", path));
    recorded.running = is_locked(path);
    return recorded;
}

bool is_left(const Recorded& recorded) {
    if (recorded.running) return false;
    return !recorded.ended || (!recorded.goes_on_by.empty() && recorded.outcome == "incomplete");
}

std::vector<Recorded> read_journals(const Environment& environment, std::vector<Error>& unreadable) {
    std::vector<Recorded> all;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(journal_folder(environment), failed)) {
        if (entry.path().extension() != ".jsonl") continue;
        Result<Recorded> recorded = read_journal(entry.path().string());
        if (recorded)
            all.push_back(std::move(*recorded));
        else
            unreadable.push_back(std::move(recorded).error());
    }
    std::sort(all.begin(), all.end(), [](const Recorded& a, const Recorded& b) {
        return std::tie(a.started, a.operation) > std::tie(b.started, b.operation);
    });
    return all;
}

}  // namespace redisctl::failover
