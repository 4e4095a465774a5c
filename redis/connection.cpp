#include "redis/connection.h"

#include "redis/reply_error.h"

namespace redisctl::redis {

bool is_answered(const Request& request) {
    return request.size() < 2 || request[0] != "REPLCONF" || (request[1] != "GETACK" && request[1] != "ACK");
}

void Connection::ask(std::span<const Request> requests, std::string& out) {
    if (!greeted_) {
        greeted_ = true;
        if (login_) {
            Request auth{"AUTH"};
            if (!login_->user.empty()) auth.push_back(login_->user);
            auth.emplace_back(login_->password.reveal());
            out += encode(auth);
            greetings_++;
        }
        out += encode({"CLIENT", "SETNAME", name_});
        greetings_++;
    }
    for (const Request& request : requests) {
        out += encode(request);
        wanted_ += is_answered(request);
    }
}

Result<void> Connection::take_greeting(const Value& reply) {
    const bool is_auth = login_ && greetings_ == 2;
    greetings_--;
    if (!reply.is_error()) return {};
    Error error = reply_error(reply, is_auth ? "AUTH" : "CLIENT");
    // A node that takes no client at all says so once and hangs up. Else the name is a courtesy: an ACL may deny
    // CLIENT, and the replies count all the same.
    const bool turned_away = error.reason == "MAX_CLIENTS" || error.reason == "DENIED";
    if (!turned_away && (!is_auth || (login_->found && error.reason == "NO_PASSWORD_SET"))) return {};
    return fail(std::move(error));
}

Result<void> Connection::feed(std::string& in) {
    decoder_.feed(in);
    in.clear();
    for (;;) {
        TRY_ASSIGN(std::optional<Value> reply, decoder_.next());
        if (!reply) return {};
        if (greetings_ > 0)
            TRY(take_greeting(*reply));
        else if (replies_.size() < wanted_)
            replies_.push_back(std::move(*reply));
        else
            return fail(ErrorCode::protocol, "the node answered more than it was asked");
    }
}

std::vector<Value> Connection::take() {
    wanted_ = 0;
    return std::exchange(replies_, {});
}

}  // namespace redisctl::redis
