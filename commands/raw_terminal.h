// The terminal handed to a program elsewhere: every key goes there, Ctrl-C too, and it draws. Given back as it was,
// whatever ends us.
#pragma once

#include "base/result.h"

#include <optional>

namespace redisctl {

struct TerminalSize {
    unsigned short columns = 0, rows = 0;
    bool operator==(const TerminalSize&) const = default;
};
// nullopt where it is no terminal, or one without a size.
std::optional<TerminalSize> terminal_size(int fd);

// While it lives the terminal is raw. At most one at a time. A signal that ends the process restores it first; the
// handlers that were there for SIGINT and SIGTERM go on to do their work behind that.
class RawTerminal {
  public:
    // Errors: io.
    static Result<RawTerminal> of(int fd);
    RawTerminal(RawTerminal&& other) noexcept;
    RawTerminal& operator=(RawTerminal&&) = delete;
    ~RawTerminal();

  private:
    RawTerminal() = default;
    int fd_ = -1;
};

// The terminal's size may have changed: readable then, until it is drained. SIGWINCH is heard as long as it lives, by
// one at a time.
class ResizeSignal {
  public:
    ResizeSignal();
    ~ResizeSignal();
    ResizeSignal(const ResizeSignal&) = delete;
    ResizeSignal& operator=(const ResizeSignal&) = delete;

    int fd() const;
    void drain();
};

}  // namespace redisctl
