#include "kube/channel_socket.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl::kube {

namespace {

constexpr size_t max_refusal = 64u << 10;

}  // namespace

ChannelSocket::ChannelSocket(Client& client, ChannelRequest request, Deadline connect_deadline)
    : client_(client), request_(std::move(request)), connect_deadline_(connect_deadline) {
    dial();
}

void ChannelSocket::dial() {
    below_ = client_.connect(connect_deadline_);
    below_->set_owner(owner_);
    identity_ = client_.identity_number();
    std::vector<std::string> headers = client_.identity().headers;
    if (!client_.identity().authorization.empty())
        headers.push_back(fmt::format("Authorization: {}", client_.identity().authorization.reveal()));
    from_server_.clear();
    to_server_ = socket_.upgrade_request(client_.host_header(), client_.path_prefix() + request_.path,
                                         request_.protocols, headers);
}

net::Interest ChannelSocket::interest(bool sending) const {
    return below_->interest(!to_server_.empty() || (sending && upgraded_));
}

Result<void> ChannelSocket::upgrade(bool closed) {
    TRY_ASSIGN(const std::optional<net::HttpHead> head, net::parse_http_head(from_server_));
    if (!head) return {};
    if (head->status == 101) {
        TRY(socket_.check_upgrade(*head));
        from_server_.erase(0, head->size);
        upgraded_ = true;
        return {};
    }
    if (head->status == 401 && !renewed_) {
        renewed_ = true;
        TRY_ASSIGN(const bool fresh, client_.refresh(identity_));
        if (fresh) {
            dial();
            return {};
        }
    }
    // The refusal's body says why: wait for all of it, within reason.
    const std::string_view body = std::string_view(from_server_).substr(head->size);
    const std::optional<int64_t> length = parse_int(head->header("content-length"));
    const bool whole = closed || (length && body.size() >= static_cast<size_t>(std::max<int64_t>(0, *length))) ||
                       body.size() > max_refusal;
    return whole ? Result<void>(fail(api_error(head->status, body, request_.access))) : Result<void>{};
}

void ChannelSocket::send(unsigned char channel, std::string_view payload) {
    const std::string first(1, static_cast<char>(channel));
    size_t at = 0;
    do {
        socket_.send(first + std::string(payload.substr(at, max_payload)));
        at += max_payload;
    } while (at < payload.size());
}

std::optional<ChannelSocket::Message> ChannelSocket::receive() {
    while (std::optional<std::string> message = socket_.receive())
        if (!message->empty()) return Message{static_cast<unsigned char>(message->front()), message->substr(1)};
    return std::nullopt;
}

Result<void> ChannelSocket::pump() {
    if (upgraded_) TRY(socket_.flush(to_server_));
    const net::Stream* const dialled = below_.get();
    const Result<void> below = below_->pump(to_server_, from_server_);
    if (!upgraded_ && !from_server_.empty()) TRY(upgrade(!below));
    if (below_.get() != dialled) return {};
    if (upgraded_ && !from_server_.empty()) {
        received_ += from_server_.size();
        TRY(socket_.feed(from_server_));
        from_server_.clear();
    }
    if (!below && !upgraded_) return below;
    if (!below || socket_.closed()) {
        Error closed{ErrorCode::unreachable, fmt::format("{} was closed", request_.what), {}, {}, "CLOSED"};
        if (!below) closed.cause = below.error().message;
        return fail(std::move(closed));
    }
    return {};
}

}  // namespace redisctl::kube
