// The commands of a backup's AOF as they come from a server: only those that an AOF holds, and only up to the last
// place at which it may end, which is between two commands and outside of every transaction.
#pragma once

#include "backup/manifest.h"
#include "backup/new_file.h"
#include "backup/sha256.h"
#include "base/result.h"
#include "redis/command_stream.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::backup {

class IncrFile final : private redis::CommandVisitor {
  public:
    // `offset`: of the RDB, behind which the commands begin. `database`: the one that was selected there (its
    // repl-stream-db): a replica passes on what its master says, which may not select it again.
    IncrFile(NewFile file, int64_t offset, uint64_t database);
    IncrFile(const IncrFile&) = delete;
    IncrFile& operator=(const IncrFile&) = delete;

    // Errors: protocol: these are no commands; io.
    Result<void> feed(std::string_view bytes);

    int64_t received() const { return begin_ + static_cast<int64_t>(stream_.read()); }  // the offset of all that came
    int64_t offset() const { return safe_offset_; }  // the offset up to which it could end now
    uint64_t commands() const { return safe_commands_; }
    uint64_t size() const { return written_ + safe_; }  // bytes that it would have

    // What follows offset() is cut off, and the rest is on the disk. Errors: io.
    Result<void> finish();
    std::string sha256() { return sha256_.hex(); }  // once, behind finish()
    NewFile& file() { return file_; }

  private:
    Result<void> command(std::string_view name) override;
    Result<void> bytes(std::string_view raw) override;
    Result<void> ends() override;
    Result<void> write(size_t count);

    NewFile file_;
    const int64_t begin_;
    redis::CommandStream stream_{*this};
    Sha256 sha256_;
    std::string buffer_;  // what is not written yet
    size_t safe_ = 0;     // so much of it can stay
    uint64_t written_ = 0;
    uint64_t handed_on_ = 0;  // bytes of the stream, of which something was heard
    // What came before a command or a transaction that is too long to be held, and is in the file in part.
    struct Before {
        uint64_t written;
        Sha256 sha256;
    };
    std::optional<Before> before_;
    int64_t safe_offset_;
    uint64_t safe_commands_ = 0, commands_ = 0;
    bool left_out_ = false, in_transaction_ = false;
};

}  // namespace redisctl::backup
