// The conversation with one node, on bytes: log in, name the connection and ask, in one write; then take the replies.
// No I/O.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "redis/codec.h"
#include "redis/value.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::redis {

struct Login {
    std::string user;  // empty: AUTH with the password alone, which servers before 6.0 need
    Secret password;
    // The password was found, not given: a node that has none set is then no error, its answers count.
    bool found = false;
};

// False for REPLCONF GETACK and ACK, to which no server ever replies (redis src/replication.c replconfCommand). A replica
// that hears GETACK from anyone acknowledges its offset to its master at once.
bool is_answered(const Request& request);

class Connection {
  public:
    // name: for CLIENT SETNAME, without blanks ("redisctl:role").
    Connection(std::optional<Login> login, std::string name) : login_(std::move(login)), name_(std::move(name)) {}

    // Puts the requests into `out`; before the first ones also AUTH and CLIENT SETNAME.
    void ask(std::span<const Request> requests, std::string& out);

    // Takes bytes from the front of `in`. Errors: unauthenticated when AUTH was refused, protocol when the peer speaks
    // no RESP.
    Result<void> feed(std::string& in);

    // All replies to what was asked are there. A reply that is an error counts as a reply.
    bool complete() const { return wanted_ == replies_.size() && greetings_ == 0; }
    std::vector<Value> take();

  private:
    Result<void> take_greeting(const Value& reply);

    std::optional<Login> login_;
    std::string name_;
    Decoder decoder_;
    bool greeted_ = false;
    size_t greetings_ = 0;  // replies to AUTH and CLIENT SETNAME still to come
    size_t wanted_ = 0;
    std::vector<Value> replies_;
};

}  // namespace redisctl::redis
