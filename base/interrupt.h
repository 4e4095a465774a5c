// SIGINT and SIGTERM as facts that a loop can wait for: the handlers only count and write a byte.
#pragma once

namespace redisctl::interrupt {

// Once, before anything can block. The first and second signal are only told; the third ends the process at once, so
// that nothing that hangs can hold a terminal.
void install();

// How many came so far.
int count();

// Does what waits have to end? From the first signal on, unless a Patience asks for more of them.
bool wanted();

// While it lives, only the n-th signal ends what waits: a change goes on to its next safe point after the first, and is
// left alone in the middle of a step. They nest; the innermost counts.
class Patience {
  public:
    explicit Patience(int signals);
    ~Patience();
    Patience(const Patience&) = delete;
    Patience& operator=(const Patience&) = delete;

  private:
    int before_;
};

// Readable from the first signal on and never read empty, so that every wait ends; -1 before install(), and after a
// signal that a Patience waits out.
int fd();

// The first signal that came; 0 when none did.
int signal_number();

}  // namespace redisctl::interrupt
