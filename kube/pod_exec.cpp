#include "kube/pod_exec.h"

#include "kube/exec_status.h"
#include "kube/resource.h"

#include <fmt/core.h>

namespace redisctl::kube {

namespace {

constexpr std::string_view closing_protocol = "v5.channel.k8s.io";
constexpr unsigned char input_channel = 0, output_channel = 1, error_channel = 2, status_channel = 3,
                        resize_channel = 4, close_channel = 255;

// As kubectl: often enough that no load balancer takes a shell in which nobody types for dead.
constexpr Millis between_pings{5'000};
constexpr int lost_after = 12;
// The server closes right behind the status.
constexpr Millis to_close{1'000};

ChannelRequest request_for(const ExecQuestion& question) {
    std::string path = path_of(resource::pods, question.ns, question.pod) +
                       fmt::format("/exec?container={}&stdout=true", url_escaped(question.container));
    if (question.input) path += "&stdin=true";
    path += question.terminal ? "&tty=true" : "&stderr=true";
    for (const std::string& word : question.command) path += "&command=" + url_escaped(word);
    return {{"get", "", "pods/exec", question.ns, question.pod},
            std::move(path),
            "v5.channel.k8s.io, v4.channel.k8s.io",
            fmt::format("the connection to pod {}", question.pod)};
}

}  // namespace

PodExec::PodExec(Client& client, ExecQuestion question, Deadline connect_deadline)
    : client_(client),
      question_(std::move(question)),
      connect_deadline_(connect_deadline),
      socket_(client, request_for(question_), connect_deadline) {
    socket_.set_owner(this);
    client_.loop().add(*this);
}

PodExec::~PodExec() {
    client_.loop().remove(*this);
}

bool PodExec::closes_input() const {
    return socket_.protocol() == closing_protocol;
}

void PodExec::write(std::string_view input) {
    if (connected())
        socket_.send(input_channel, input);
    else
        waiting_ += input;
    client_.loop().wake(*this);
}

void PodExec::close_input() {
    input_ended_ = true;
    if (connected() && closes_input()) socket_.send(close_channel, std::string_view("\0", 1));
    client_.loop().wake(*this);
}

void PodExec::resize(unsigned short columns, unsigned short rows) {
    size_ = {columns, rows};
    if (connected()) socket_.send(resize_channel, fmt::format(R"({{"Width":{},"Height":{}}})", columns, rows));
    client_.loop().wake(*this);
}

Deadline PodExec::deadline() const {
    if (ended()) return Deadline::never();
    return connected() ? ping_at_.earlier(close_by_) : connect_deadline_;
}

void PodExec::advance() {
    if (ended()) return;
    pump();
    if (ended()) return;
    if (!connected()) {
        if (connect_deadline_.passed())
            finish(fail(Error{ErrorCode::timeout,
                              fmt::format("pod {} gave no answer in time", question_.pod),
                              fmt::format("{} did not answer to the upgrade", client_.host_header()),
                              "raise --request-timeout",
                              {}}));
        return;
    }
    if (close_by_.passed()) return finish(read_exec_status(status_));
    if (!ping_at_.passed()) return;
    ping_at_ = Deadline::after(between_pings);
    // A command that does not read its input keeps the server from reading pings. On a terminal nobody types that much.
    if (question_.terminal && unanswered_++ >= lost_after)
        return finish(fail(Error{ErrorCode::unreachable,
                                 fmt::format("the connection to pod {} was lost", question_.pod),
                                 fmt::format("{} has been silent for a minute", client_.host_header()),
                                 "what was started may go on in the pod", "CONNECTION_LOST"}));
    if (socket_.unsent() > 0) return;
    socket_.ping();
    pump();
}

void PodExec::pump() {
    const bool was_connected = connected();
    Result<void> moved = socket_.pump();
    if (socket_.received() != heard_) {
        heard_ = socket_.received();
        unanswered_ = 0;
    }
    const Result<void> taken = take_messages();
    if (!taken) return finish(fail(taken.error()));
    if (!moved) {
        if (!connected()) return finish(fail(moved.error()));
        if (!status_.empty()) return finish(read_exec_status(status_));
        Error lost = moved.error();
        lost.hint = "what was started may go on in the pod";
        if (lost.code == ErrorCode::unreachable) lost.reason = "CONNECTION_LOST";
        return finish(fail(std::move(lost)));
    }
    if (!connected() || was_connected) return;
    ping_at_ = Deadline::after(between_pings);
    if (size_) resize(size_->first, size_->second);
    if (!waiting_.empty()) write(std::exchange(waiting_, {}));
    if (input_ended_) close_input();
    pump();
}

Result<void> PodExec::take_messages() {
    while (const std::optional<ChannelSocket::Message> message = socket_.receive()) {
        switch (message->channel) {
            case output_channel:
                out_ += message->payload;
                break;
            case error_channel:
                err_ += message->payload;
                break;
            case status_channel:
                status_ += message->payload;
                if (!message->payload.empty()) close_by_ = Deadline::after(to_close);
                break;
            case close_channel:
                break;
            default:
                return fail(ErrorCode::protocol, fmt::format("the server sent data on channel {}, which nobody opened",
                                                             message->channel));
        }
    }
    return {};
}

void PodExec::finish(Result<int> result) {
    result_ = std::move(result);
}

}  // namespace redisctl::kube
