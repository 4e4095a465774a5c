#include "kube/pod_log.h"

#include "base/text.h"
#include "kube/resource.h"

#include <fmt/format.h>

#include <algorithm>

namespace redisctl::kube {

namespace {

// The kubelet joins what the container runtime had cut at 16 KiB; what is longer than this is handed on in pieces.
constexpr size_t max_line_bytes = 1 << 20;

std::string path_of_log(const LogQuestion& question) {
    std::string path = path_of(resource::pods, question.ns, question.pod) +
                       fmt::format("/log?container={}&timestamps=true", url_escaped(question.container));
    if (question.follow) path += "&follow=true";
    if (question.previous) path += "&previous=true";
    if (question.tail) path += fmt::format("&tailLines={}", *question.tail);
    // The API allows one of the two.
    if (!question.since_time.empty())
        path += "&sinceTime=" + url_escaped(question.since_time);
    else if (question.since_seconds)
        path += fmt::format("&sinceSeconds={}", *question.since_seconds);
    return path;
}

}  // namespace

LogLine read_log_line(std::string_view line) {
    const size_t blank = line.find(' ');
    const std::string_view time = line.substr(0, blank);
    if (!parse_rfc3339(time)) return {"", std::string(line)};
    return {std::string(time), blank == std::string_view::npos ? "" : std::string(line.substr(blank + 1))};
}

std::optional<int64_t> nanoseconds_of(std::string_view time) {
    const std::optional<int64_t> seconds = parse_rfc3339(time);
    if (!seconds) return std::nullopt;
    int64_t fraction = 0;
    if (const size_t dot = time.find('.'); dot != std::string_view::npos) {
        int64_t unit = 100'000'000;
        for (size_t i = dot + 1; i < time.size() && time[i] >= '0' && time[i] <= '9'; i++, unit /= 10)
            fraction += (time[i] - '0') * unit;
    }
    return *seconds * 1'000'000'000 + fraction;
}

PodLog::PodLog(Client& client, LogQuestion question)
    : client_(client), question_(std::move(question)), access_{"get", "", "pods/log", question_.ns, question_.pod} {
    client_.loop().add(*this);
    start();
}

PodLog::~PodLog() {
    client_.loop().remove(*this);
}

void PodLog::start() {
    wait_further();
    identity_ = client_.identity_number();
    net::TransferOptions options = client_.transfer_options(path_of_log(question_), stalled_at_);
    options.headers = client_.identity().headers;
    options.authorization = client_.identity().authorization.reveal();
    options.wake_on_body = true;
    transfer_ = std::make_unique<net::Transfer>(client_.loop(), options, this);
}

// Whoever follows waits for as long as the container is silent.
void PodLog::wait_further() {
    const bool waits = question_.follow || client_.request_timeout().count() == 0;
    stalled_at_ = waits ? Deadline::never() : Deadline::after(client_.request_timeout());
}

void PodLog::advance() {
    if (ended_) return;
    if (transfer_->status() == 200) take_body();
    if (transfer_->finished()) return on_end();
    if (stalled_at_.passed())
        finish(Error{ErrorCode::timeout,
                     fmt::format("the log of pod {} does not go on", question_.pod),
                     fmt::format("{} sent nothing more", client_.host_header()),
                     "raise --request-timeout",
                     {}});
}

void PodLog::take_body() {
    std::string& body = transfer_->body();
    if (body.empty()) return;
    begun_ = true;
    wait_further();
    size_t taken = 0;
    for (size_t end; (end = body.find('\n', taken)) != std::string::npos; taken = end + 1)
        lines_.push_back(read_log_line(std::string_view(body).substr(taken, end - taken)));
    if (body.size() - taken > max_line_bytes || (transfer_->finished() && taken < body.size())) {
        lines_.push_back(read_log_line(std::string_view(body).substr(taken)));
        taken = body.size();
    }
    body.erase(0, taken);
}

void PodLog::on_end() {
    if (const Result<void>& moved = transfer_->result(); !moved) {
        Error error = moved.error();
        if (begun_) error.message = fmt::format("the log of pod {} broke off: {}", question_.pod, error.message);
        return finish(std::move(error));
    }
    const int status = transfer_->status();
    if (status == 200) return finish(std::nullopt);
    if (status == 401 && !refreshed_) {
        refreshed_ = true;
        if (const Result<bool> fresh = client_.refresh(identity_); fresh && *fresh) return start();
    }
    finish(api_error(status, transfer_->body(), access_));
}

void PodLog::finish(std::optional<Error> error) {
    error_ = std::move(error);
    ended_ = true;
    transfer_.reset();
}

}  // namespace redisctl::kube
