#include "kube/watch_stream.h"

#include "kube/resource.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace redisctl::kube {

namespace {

// One event is one object; more is no event.
constexpr size_t max_event_bytes = 4 << 20;
// The server ends it by itself; this long later it is no more there.
constexpr Millis late{5'000};

}  // namespace

WatchStream::WatchStream(Client& client, std::string path, Access access, const std::string& version, Millis lasts,
                         net::Task& owner)
    : client_(client),
      access_(std::move(access)),
      deadline_(Deadline::after(lasts + late)),
      identity_(client.identity_number()) {
    access_.verb = "watch";
    path += fmt::format("{}watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
                        path.find('?') == std::string::npos ? '?' : '&', url_escaped(version),
                        std::max<int64_t>(1, lasts.count() / 1000));
    net::TransferOptions options = client.transfer_options(path, deadline_);
    options.headers = client.identity().headers;
    options.headers.push_back("Accept: application/json");
    options.authorization = client.identity().authorization.reveal();
    options.wake_on_body = true;
    watch_ = std::make_unique<net::Transfer>(client.loop(), options, &owner);
}

WatchStream::State WatchStream::move(const std::function<bool(std::string_view line)>& take) {
    if (watch_->status() != 200) {
        if (watch_->finished()) return on_refusal();
        return deadline_.passed() ? State::ended : State::open;
    }
    std::string& body = watch_->body();
    size_t taken = 0;
    for (size_t end; (end = body.find('\n', taken)) != std::string::npos; taken = end + 1)
        if (!take(std::string_view(body).substr(taken, end - taken))) return State::forgotten;
    body.erase(0, taken);
    if (body.size() > max_event_bytes) return State::forgotten;
    return watch_->finished() || deadline_.passed() ? State::ended : State::open;
}

WatchStream::State WatchStream::on_refusal() {
    const int status = watch_->status();
    if (!watch_->result()) return State::ended;
    if (status == 410) return State::forgotten;
    if (status == 429 || status >= 500) return State::ended;
    error_ = api_error(status, watch_->body(), access_);
    if (status != 401) return State::failed;
    const Result<bool> fresh = client_.refresh(identity_);
    return fresh && *fresh ? State::ended : State::failed;
}

}  // namespace redisctl::kube
