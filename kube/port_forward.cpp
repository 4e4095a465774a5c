#include "kube/port_forward.h"

#include "base/text.h"
#include "kube/resource.h"

#include <fmt/core.h>

namespace redisctl::kube {

namespace {

constexpr unsigned char data_channel = 0;

ChannelRequest request_for(const std::string& ns, const std::string& pod, uint16_t port) {
    return {{"get", "", "pods/portforward", ns, pod},
            fmt::format("{}/portforward?ports={}", path_of(resource::pods, ns, pod), port),
            "v4.channel.k8s.io",
            fmt::format("the port-forward to pod {}", pod)};
}

}  // namespace

PortForward::PortForward(Client& client, const std::string& ns, const std::string& pod, uint16_t port,
                         Deadline connect_deadline)
    : socket_(client, request_for(ns, pod, port), connect_deadline), ns_(ns), pod_(pod), port_(port) {}

Error PortForward::refused(std::string_view text) const {
    return {ErrorCode::unreachable, fmt::format("port {} of pod {} cannot be reached", port_, pod_),
            printable(trim(text)), fmt::format("kubectl -n {} logs {}", ns_, pod_), "PORT_REFUSED"};
}

Result<void> PortForward::take_messages(std::string& in) {
    while (const std::optional<ChannelSocket::Message> message = socket_.receive()) {
        const auto& [channel, payload] = *message;
        if (channel > 1)
            return fail(ErrorCode::protocol,
                        fmt::format("the port-forward sent data on channel {}, which nobody opened", channel));
        if (!port_seen_[channel]) {
            port_seen_[channel] = true;
            const auto byte = [&text = payload](size_t i) {
                return static_cast<unsigned>(static_cast<unsigned char>(text[i]));
            };
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
    const bool was_connected = connected();
    if (was_connected && !out.empty()) {
        socket_.send(data_channel, out);
        out.clear();
    }
    const Result<void> moved = socket_.pump();
    // What the error channel says is a better reason than that it was closed.
    TRY(take_messages(in));
    if (!moved) {
        const Error& error = moved.error();
        if (!connected() && error.code == ErrorCode::server)
            return fail(refused(error.cause.empty() ? error.message : error.cause));
        return moved;
    }
    // Just upgraded: what the caller wants to say goes out now, not after another wait.
    return connected() && !was_connected && !out.empty() ? pump(out, in) : Result<void>{};
}

}  // namespace redisctl::kube
