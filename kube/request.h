// One request to the API and its answer. What only reads is tried again when its connection breaks or the server asks
// to come back; a change is sent again only when the server certainly did not do it. The outcome of any other broken
// change is not known, and the Error says so: the caller reads again and decides.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "kube/api_error.h"
#include "kube/client.h"
#include "net/curl.h"
#include "net/loop.h"

#include <memory>
#include <string>
#include <string_view>

namespace redisctl::kube {

// Error.reason of a change of which nobody knows whether it was done. The code is that of what broke: unreachable,
// timeout, protocol or server.
inline constexpr std::string_view unknown_outcome = "UNKNOWN_OUTCOME";

struct Question {
    Access access;               // for messages
    std::string path;            // with its query
    std::string method = "GET";  // GET, POST, PUT, PATCH, DELETE
    std::string body = {};       // JSON
    std::string content_type = "application/json";
    bool only_reads = true;  // may be sent twice: a GET, or a POST that changes nothing (access reviews)
};

// Runs on the loop from its making; done() says when result() counts. 401 refreshes the credentials once; 429 and 5xx
// are tried again after Retry-After, when they name one (a change: 429 only). Errors: those of api_error, of
// net::Transfer and of Client::refresh; `timeout` when the deadline, or the client's request timeout, passed.
class Request final : public net::Task {
  public:
    // `owner`, when there is one, is woken when it is done.
    Request(Client& client, Question question, Deadline deadline, net::Task* owner = nullptr);
    ~Request() override;

    bool done() const { return done_; }
    // The body of a 2xx.
    const Result<void>& result() const { return result_; }
    std::string& body() { return body_; }
    int status() const { return status_; }  // of the last answer; 0 when there was none

  private:
    void advance() override;
    net::Interest interest() const override { return {}; }
    Deadline deadline() const override { return done_ ? Deadline::never() : retry_at_.earlier(deadline_); }

    void start();
    void finish(Result<void> result);
    void retry_after(Millis delay);
    void on_answer();
    void on_broken(const Error& error);
    Error too_late() const;
    Error unless_done(Error error) const;

    Client& client_;
    Question question_;
    Deadline deadline_;
    net::Task* owner_;
    Deadline retry_at_ = Deadline::never();
    std::unique_ptr<net::Transfer> transfer_;
    Result<void> result_;
    std::string body_;
    int tries_ = 0, identity_ = 0, status_ = 0;
    bool refreshed_ = false, done_ = false;
};

// Asks and waits. A change that was sent is waited for in spite of Ctrl-C, up to its deadline; one that was not yet
// sent then is not: `interrupted`.
Result<std::string> ask(Client& client, Question question, Deadline deadline);

// Several things under way (Request, Fetch, Listing, Reading …): waits for the one, then takes it.
template <class Reading>
auto await(Client& client, Reading&& reading, Deadline deadline) -> decltype(reading.take()) {
    TRY(client.loop().run([&] { return reading.done(); }, deadline));
    return reading.take();
}

}  // namespace redisctl::kube
