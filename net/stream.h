// Bytes in both directions, without blocking: the one shape of every transport. TCP, TLS, a port-forward and TLS inside
// a port-forward are Streams made of Streams.
#pragma once

#include "base/result.h"
#include "net/loop.h"

#include <string>

namespace redisctl::net {

class Stream {
  public:
    virtual ~Stream() = default;

    // Goes on connecting; once connected sends from the front of `out` (erasing what was sent) and appends what arrived
    // to `in`, some 256 KiB at a time: when there may be more, the owner is woken for it. Errors are final: unreachable
    // (reason CLOSED when the peer ended it), protocol, forbidden … After an error no more bytes come; those already in
    // `in` count.
    virtual Result<void> pump(std::string& out, std::string& in) = 0;

    // True once bytes of the caller can travel. For a tunnel this is no proof that the far end accepted: only an answer
    // is.
    virtual bool connected() const = 0;

    // What to wait for before the next pump; `sending` says that the caller still has bytes to send.
    virtual Interest interest(bool sending) const = 0;

    // The task to wake when a connect ends; set by whoever owns the outermost stream.
    virtual void set_owner(Task* owner) = 0;
};

}  // namespace redisctl::net
