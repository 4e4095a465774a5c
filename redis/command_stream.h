// Commands one behind the other, each an array of strings in RESP: what a master sends its replicas, and what an AOF
// holds. Nothing is kept of them but a name; pieces may end anywhere.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace redisctl::redis {

// An error of any of these ends the reading, and is what the stream says.
class CommandVisitor {
  public:
    virtual ~CommandVisitor() = default;
    virtual Result<void> command(std::string_view name) = 0;  // one begins; in upper case
    virtual Result<void> bytes(std::string_view raw) = 0;     // of it, from its first byte on, piece by piece
    virtual Result<void> ends() = 0;
};

class CommandStream {
  public:
    // The visitor must outlive this.
    explicit CommandStream(CommandVisitor& visitor) : visitor_(visitor) {}

    // Errors: protocol: these are no commands, and where; those of the visitor.
    Result<void> feed(std::string_view bytes);

    uint64_t read() const { return read_; }  // bytes, all in all
    bool between_commands() const { return in_ == In::count && line_.empty(); }

  private:
    Result<void> line_ends();
    Result<void> text_ends();
    Error broken(std::string_view why) const;

    enum class In { count, length, text };

    CommandVisitor& visitor_;
    In in_ = In::count;
    std::string line_;  // the begin of one
    std::string name_;
    std::string held_;  // of a command whose name is not known yet
    bool named_ = false;
    int64_t arguments_ = 0;  // still to come
    uint64_t left_ = 0;      // bytes of this one, with its line end
    uint64_t read_ = 0;
};

}  // namespace redisctl::redis
