// SIGINT and SIGTERM as facts that a loop can wait for: the handlers only count and write a byte.
#pragma once

namespace redisctl::interrupt {

// Once, before anything can block. The first and second signal are only told; the third ends the process at once, so
// that nothing that hangs can hold a terminal.
void install();

// How many came so far.
int count();

// Readable from the first signal on and never read empty, so that every wait ends; -1 before install().
int fd();

// The first signal that came; 0 when none did.
int signal_number();

}  // namespace redisctl::interrupt
