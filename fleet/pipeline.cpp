#include "fleet/pipeline.h"

#include "base/interrupt.h"
#include "redis/reply_error.h"

#include <fmt/core.h>

#include <utility>

namespace redisctl::fleet {

namespace {

constexpr size_t most_unsent = 1u << 20;

}  // namespace

Pipeline::Pipeline(Dialer& dialer, Keyring& keyring, std::string client_name, const Node& node,
                   Deadline connect_deadline, Waiting waiting)
    : node_(node),
      dialer_(dialer),
      waiting_(waiting),
      line_(node, dialer, keyring, std::move(client_name), connect_deadline, *this) {
    dialer_.loop().add(*this);
}

Pipeline::~Pipeline() {
    dialer_.loop().remove(*this);
}

Deadline Pipeline::deadline() const {
    return error_ || line_.connected() ? Deadline::never() : line_.connect_deadline();
}

void Pipeline::advance() {
    if (error_) return;
    Result<void> moved = move();
    if (moved && !line_.connected() && line_.connect_deadline().passed())
        moved = fail(Error{ErrorCode::timeout,
                           fmt::format("no connection to {} in time", net::to_string(node_.address)),
                           {},
                           {},
                           "CONNECT_TIMEOUT"});
    if (moved) return;
    error_ = std::move(moved).error();
    line_.close();
}

Result<void> Pipeline::move() {
    const std::vector<redis::Request> ping{{"PING"}};  // behind its reply all is ours
    const Result<void> pumped = line_.pump(ping);
    // What came before the end of the stream counts.
    if (line_.connection() && !logged_in_ && !line_.in.empty()) TRY(greet());
    if (logged_in_ && !line_.in.empty()) TRY(read());
    return pumped;
}

Result<void> Pipeline::greet() {
    auto& connection = line_.connection();
    TRY(connection->feed(line_.in));
    if (!connection->complete()) return {};
    // An ACL may deny PING; whether the rest is permitted its own replies say.
    if (const redis::Value reply = connection->take().front(); reply.is_error() && reply.error_word() != "NOPERM")
        return fail(redis::reply_error(reply, "PING"));
    logged_in_ = true;
    line_.out += std::exchange(put_before_, {});
    return line_.pump();
}

Result<void> Pipeline::read() {
    decoder_.feed(line_.in);
    line_.in.clear();
    while (true) {
        TRY_ASSIGN(std::optional<redis::Value> reply, decoder_.next());
        if (!reply) return {};
        replies_.push_back(std::move(*reply));
    }
}

// The loop looks for an interrupt only when it has to wait.
Result<void> Pipeline::wait(const std::function<bool()>& done) {
    if (interrupt::wanted()) return fail(ErrorCode::interrupted, "interrupted");
    dialer_.loop().wake(*this);
    const Result<void> run = dialer_.loop().run([&] { return done() || error_.has_value(); }, waiting_.now());
    if (done()) return {};
    if (error_) return fail(*error_);
    if (run || run.error().code == ErrorCode::interrupted) return run;
    return fail(
        Error{ErrorCode::timeout, fmt::format("{} answered nothing more in time", node_.name), {}, {}, "NO_ANSWER"});
}

Result<void> Pipeline::put(std::string_view bytes) {
    if (error_) return fail(*error_);
    std::string& out = logged_in_ ? line_.out : put_before_;
    out += bytes;
    if (out.size() <= most_unsent) return {};
    return wait([&] { return logged_in_ && line_.out.size() <= most_unsent; });
}

Result<std::vector<redis::Value>> Pipeline::take(size_t at_least) {
    if (replies_.size() < at_least) TRY(wait([&] { return replies_.size() >= at_least; }));
    return std::exchange(replies_, {});
}

}  // namespace redisctl::fleet
