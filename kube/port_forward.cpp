#include "kube/port_forward.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl::kube {

namespace {

constexpr std::string_view subprotocol = "v4.channel.k8s.io";
constexpr char data_channel = 0;
constexpr size_t max_payload = 16u << 10;  // well under what the server reads in one piece
constexpr size_t max_refusal = 64u << 10;

}  // namespace

PortForward::PortForward(Client& client, const std::string& ns, const std::string& pod, uint16_t port,
                         Deadline connect_deadline)
    : client_(client),
      connect_deadline_(connect_deadline),
      access_{"get", "", "pods/portforward", ns, pod},
      ns_(ns),
      pod_(pod),
      port_(port) {
    dial();
}

void PortForward::dial() {
    below_ = client_.connect(connect_deadline_);
    below_->set_owner(owner_);
    identity_ = client_.identity_number();
    std::vector<std::string> headers = client_.identity().headers;
    if (!client_.identity().authorization.empty())
        headers.push_back(fmt::format("Authorization: {}", client_.identity().authorization.reveal()));
    const std::string path =
        fmt::format("{}/api/v1/namespaces/{}/pods/{}/portforward?ports={}", client_.path_prefix(), ns_, pod_, port_);
    from_server_.clear();
    to_server_ = socket_.upgrade_request(client_.host_header(), path, subprotocol, headers);
}

net::Interest PortForward::interest(bool sending) const {
    return below_->interest(!to_server_.empty() || (sending && upgraded_));
}

Error PortForward::refused(std::string_view text) const {
    return {ErrorCode::unreachable, fmt::format("port {} of pod {} cannot be reached", port_, pod_),
            printable(trim(text)), fmt::format("kubectl -n {} logs {}", ns_, pod_), "PORT_REFUSED"};
}

Result<void> PortForward::upgrade(bool closed) {
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
    if (!whole) return {};
    Error error = api_error(head->status, body, access_);
    if (error.code == ErrorCode::server) error = refused(error.cause.empty() ? error.message : error.cause);
    return fail(std::move(error));
}

Result<void> PortForward::take_messages(std::string& in) {
    while (std::optional<std::string> message = socket_.receive()) {
        if (message->empty()) continue;
        const auto channel = static_cast<unsigned char>(message->front());
        const std::string_view payload = std::string_view(*message).substr(1);
        if (channel > 1)
            return fail(ErrorCode::protocol,
                        fmt::format("the port-forward sent data on channel {}, which nobody opened", channel));
        if (!port_seen_[channel]) {
            port_seen_[channel] = true;
            const auto byte = [&](size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(payload[i])); };
            if (payload.size() != 2 || (byte(0) | byte(1) << 8) != port_)
                return fail(ErrorCode::protocol,
                            fmt::format("the port-forward answers for another port than {}", port_));
            continue;
        }
        if (channel == data_channel)
            in.append(payload);
        else if (!payload.empty())
            return fail(refused(payload));
    }
    return {};
}

Result<void> PortForward::pump(std::string& out, std::string& in) {
    if (upgraded_) {
        for (size_t at = 0; at < out.size(); at += max_payload)
            socket_.send(std::string(1, data_channel) + out.substr(at, max_payload));
        out.clear();
        TRY(socket_.flush(to_server_));
    }
    const bool was_upgraded = upgraded_;
    const net::Stream* const dialled = below_.get();
    const Result<void> below = below_->pump(to_server_, from_server_);
    if (!upgraded_ && !from_server_.empty()) TRY(upgrade(!below));
    if (below_.get() != dialled) return {};
    if (upgraded_ && !from_server_.empty()) {
        TRY(socket_.feed(from_server_));
        from_server_.clear();
        TRY(take_messages(in));
    }
    if (!below && !upgraded_) return below;
    if (!below || socket_.closed()) {
        Error closed{
            ErrorCode::unreachable, fmt::format("the port-forward to pod {} was closed", pod_), {}, {}, "CLOSED"};
        if (!below) closed.cause = below.error().message;
        return fail(std::move(closed));
    }
    // Just upgraded: what the caller wants to say goes out now, not after another wait.
    return upgraded_ && !was_upgraded && !out.empty() ? pump(out, in) : Result<void>{};
}

}  // namespace redisctl::kube
