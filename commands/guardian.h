// A process of its own that waits for this one to be done. Should this one die before that, and behind the intent of
// the point of no return, it runs `resume` of the same operation with the same target: for a switch that others would
// undo before anybody types that.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "commands/context.h"

#include <sys/types.h>

#include <string>

namespace redisctl {

class Guardian {
  public:
    // After Context::find(), before the lock and the journal of the operation: what the guardian held open would not be
    // free when this process dies. It takes nothing of ours but what it needs for a run: the shared flags, and, by a
    // file in memory, the password that came from stdin. Errors: io.
    static Result<Guardian> start(const Context& context, const std::string& operation);
    // Is this run a guardian's? Then it has none of its own.
    static bool is_one(const Environment& environment);

    Guardian(Guardian&& other) noexcept;
    Guardian& operator=(Guardian&&) = delete;
    // Tells it that this process is done, unless it is to take over.
    ~Guardian();
    // What is left is its to do, as if this process had been killed.
    void take_over() { needed_ = true; }

  private:
    Guardian(Fd line, pid_t process) : line_(std::move(line)), process_(process) {}

    Fd line_;
    pid_t process_;
    bool needed_ = false;
};

}  // namespace redisctl
