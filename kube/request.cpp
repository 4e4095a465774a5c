#include "kube/request.h"

#include "base/interrupt.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <random>
#include <utility>

namespace redisctl::kube {

namespace {

constexpr int max_tries = 5;
constexpr int max_connections = 3;

// 50 ms, 100 ms, 200 ms …, each with up to as much again by chance, so that many clients do not come back together.
Millis backoff(int tries) {
    static std::minstd_rand random{std::random_device{}()};
    const int64_t base = 50ll << std::min(tries, 6);
    return Millis(base + static_cast<int64_t>(random() % static_cast<uint64_t>(base)));
}

Deadline within(const Client& client, Deadline deadline) {
    return client.request_timeout().count() > 0 ? deadline.earlier(Deadline::after(client.request_timeout()))
                                                : deadline;
}

}  // namespace

Request::Request(Client& client, Question question, Deadline deadline, net::Task* owner)
    : client_(client), question_(std::move(question)), deadline_(within(client, deadline)), owner_(owner) {
    client_.loop().add(*this);
    start();
}

Request::~Request() {
    client_.loop().remove(*this);
}

void Request::start() {
    retry_at_ = Deadline::never();
    net::TransferOptions options = client_.transfer_options(question_.path, deadline_);
    identity_ = client_.identity_number();
    options.headers = client_.identity().headers;
    options.headers.push_back("Accept: application/json");
    options.authorization = client_.identity().authorization.reveal();
    options.compressed = !client_.config().disable_compression;
    if (question_.method != "GET") {
        options.method = question_.method;
        options.body = question_.body;
        options.headers.push_back("Content-Type: " + question_.content_type);
    }
    transfer_ = std::make_unique<net::Transfer>(client_.loop(), options, this);
}

void Request::finish(Result<void> result) {
    result_ = std::move(result);
    done_ = true;
    transfer_.reset();
    if (owner_) client_.loop().wake(*owner_);
}

void Request::retry_after(Millis delay) {
    transfer_.reset();
    tries_++;
    retry_at_ = Deadline::after(delay);
}

void Request::on_answer() {
    if (const Result<void>& moved = transfer_->result(); !moved) return on_broken(moved.error());
    status_ = transfer_->status();
    if (status_ >= 200 && status_ < 300) {
        body_ = std::move(transfer_->body());
        return finish({});
    }
    if (status_ == 401 && !refreshed_) {
        refreshed_ = true;
        const Result<bool> fresh = client_.refresh(identity_);
        if (!fresh) return finish(fail(fresh.error()));
        if (*fresh) return retry_after(Millis(0));
    }
    const bool may_come_back = status_ == 429 || (status_ >= 500 && question_.only_reads);
    const auto seconds = transfer_->retry_after_seconds();
    if (may_come_back && seconds && tries_ < max_tries) return retry_after(Millis(1000 * *seconds));
    Error error = api_error(status_, transfer_->body(), question_.access);
    finish(fail(status_ >= 500 ? unless_done(std::move(error)) : std::move(error)));
}

void Request::on_broken(const Error& error) {
    // Only a connection that broke may be different next time; a certificate or a name will not.
    const bool may_help = error.code == ErrorCode::unreachable && error.reason.empty() && tries_ + 1 < max_connections;
    if (may_help && (question_.only_reads || !transfer_->body_begun())) return retry_after(backoff(tries_));
    finish(fail(unless_done(error)));
}

Error Request::too_late() const {
    const Access& access = question_.access;
    return {ErrorCode::timeout,
            fmt::format("no answer from the API server to {} {} in time", access.verb, access.resource),
            fmt::format("{} did not answer", client_.host_header()),
            "raise --request-timeout, or check the cluster's server in the kubeconfig",
            {}};
}

Error Request::unless_done(Error error) const {
    if (question_.only_reads || !transfer_ || !transfer_->body_begun()) return error;
    const Access& access = question_.access;
    return {error.code,
            fmt::format("nobody knows whether the API server did {} {}{}{}", access.verb, access.resource,
                        access.name.empty() ? "" : " ", access.name),
            error.cause.empty() ? error.message : fmt::format("{}: {}", error.message, error.cause),
            "look before you try again", std::string(unknown_outcome)};
}

void Request::advance() {
    if (done_) return;
    if (transfer_ && transfer_->finished()) return on_answer();
    if (deadline_.passed()) return finish(fail(unless_done(too_late())));
    if (!transfer_ && retry_at_.passed()) start();
}

Result<std::string> ask(Client& client, Question question, Deadline deadline) {
    net::Loop& loop = client.loop();
    if (question.only_reads) {
        Request request(client, std::move(question), deadline);
        TRY(loop.run([&] { return request.done(); }, Deadline::never()));
        TRY(request.result());
        return std::move(request.body());
    }
    if (interrupt::wanted()) return fail(ErrorCode::interrupted, "interrupted");
    const interrupt::Patience until_answered(std::numeric_limits<int>::max());
    Request request(client, std::move(question), deadline);
    TRY(loop.run([&] { return request.done(); }, Deadline::never()));
    TRY(request.result());
    return std::move(request.body());
}

}  // namespace redisctl::kube
