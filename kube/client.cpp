#include "kube/client.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>

namespace redisctl::kube {

namespace {

constexpr int max_tries = 5;
constexpr int page_size = 500;  // as kubectl's --chunk-size

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("-._~").find(c) != std::string_view::npos;
        if (plain)
            result += c;
        else
            result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return result;
}

// 50 ms, 100 ms, 200 ms …, each with up to as much again by chance, so that many clients do not come back together.
Millis backoff(int tries) {
    static std::minstd_rand random{std::random_device{}()};
    const int64_t base = 50ll << std::min(tries, 6);
    return Millis(base + static_cast<int64_t>(random() % static_cast<uint64_t>(base)));
}

}  // namespace

Client::Client(net::Loop& loop, ClusterConfig config, Millis request_timeout)
    : loop_(loop), config_(std::move(config)), credentials_(config_), request_timeout_(request_timeout) {
    tls_.ca_pem = config_.ca_pem;
    tls_.server_name = config_.tls_server_name;
    tls_.insecure = config_.insecure;
}

Result<void> Client::authenticate() {
    TRY_ASSIGN(identity_, credentials_.current());
    tls_.cert_pem = identity_.client_cert_pem;
    tls_.key_pem = identity_.client_key_pem;
    identity_number_++;
    return {};
}

Result<bool> Client::refresh(int used) {
    if (used != identity_number_) return true;
    if (!credentials_.refresh()) return false;
    TRY(authenticate());
    return true;
}

net::TransferOptions Client::transfer_options(const std::string& path, Deadline deadline) const {
    net::TransferOptions options;
    options.url = config_.server + path;
    options.tls = &tls_;
    options.proxy = config_.proxy_url;
    options.connect_deadline = deadline;
    return options;
}

void Client::warm(size_t count) {
    net::TransferOptions options = transfer_options("", Deadline::never());
    options.connect_only = true;
    for (size_t i = 0; i < count; i++) warm_.push_back(std::make_unique<net::CurlStream>(loop_, options));
}

std::unique_ptr<net::Stream> Client::connect(Deadline deadline) {
    if (!warm_.empty()) {
        std::unique_ptr<net::Stream> stream = std::move(warm_.front());
        warm_.pop_front();
        return stream;
    }
    net::TransferOptions options = transfer_options("", deadline);
    options.connect_only = true;
    return std::make_unique<net::CurlStream>(loop_, options);
}

std::string Client::host_header() const {
    const size_t start = config_.server.find("://") + 3;
    return config_.server.substr(start, config_.server.find('/', start) - start);
}

std::string Client::path_prefix() const {
    const size_t slash = config_.server.find('/', config_.server.find("://") + 3);
    return slash == std::string::npos ? "" : config_.server.substr(slash);
}

Fetch::Fetch(Client& client, std::string path, Access access, Consume consume, Restart restart)
    : client_(client),
      path_(std::move(path)),
      access_(std::move(access)),
      consume_(std::move(consume)),
      restart_(std::move(restart)),
      deadline_(client.request_timeout().count() > 0 ? Deadline::after(client.request_timeout()) : Deadline::never()) {
    client_.loop().add(*this);
    start();
}

Fetch::~Fetch() {
    client_.loop().remove(*this);
}

void Fetch::wake_when_done(net::Task* task) {
    forget(task);
    waiters_.push_back(task);
}

void Fetch::forget(net::Task* task) {
    std::erase(waiters_, task);
}

void Fetch::start() {
    retry_at_ = Deadline::never();
    std::string path = path_;
    if (!next_.empty())
        path += fmt::format("{}continue={}", path.find('?') == std::string::npos ? "?" : "&", escaped(next_));
    net::TransferOptions options = client_.transfer_options(path, deadline_);
    identity_ = client_.identity_number();
    options.headers = client_.identity().headers;
    options.headers.push_back("Accept: application/json");
    options.authorization = client_.identity().authorization.reveal();
    options.compressed = !client_.config().disable_compression;
    transfer_ = std::make_unique<net::Transfer>(client_.loop(), options, this);
}

void Fetch::finish(Result<void> result) {
    result_ = std::move(result);
    done_ = true;
    transfer_.reset();
    for (net::Task* waiter : waiters_) client_.loop().wake(*waiter);
}

void Fetch::retry_later(Millis delay) {
    transfer_.reset();
    tries_++;
    retry_at_ = Deadline::after(delay);
}

void Fetch::on_answer() {
    const Result<void>& moved = transfer_->result();
    if (!moved) {
        // Only a connection that broke may be different next time; a certificate or a name will not.
        const bool again =
            moved.error().code == ErrorCode::unreachable && moved.error().reason.empty() && tries_ + 1 < 3;
        return again ? retry_later(backoff(tries_)) : finish(fail(moved.error()));
    }
    const int status = transfer_->status();
    if (status == 200) {
        Result<std::string> next = consume_(transfer_->body());
        if (!next) {
            Error error = std::move(next).error();
            if (error.hint.empty()) error.hint = "is it an API server? check the cluster's server in the kubeconfig";
            return finish(fail(std::move(error)));
        }
        if (next->empty()) return finish({});
        next_ = std::move(*next);
        return start();
    }
    Error error = api_error(status, transfer_->body(), access_);
    if (status == 401 && !refreshed_) {
        refreshed_ = true;
        const Result<bool> fresh = client_.refresh(identity_);
        if (!fresh) return finish(fail(fresh.error()));
        if (*fresh) return retry_later(Millis(0));
    }
    if (status == 410 && !next_.empty() && tries_ < max_tries) {
        next_.clear();
        if (restart_) restart_();
        return retry_later(Millis(0));
    }
    if ((status == 429 || status >= 500) && transfer_->retry_after_seconds() && tries_ < max_tries)
        return retry_later(Millis(1000 * *transfer_->retry_after_seconds()));
    finish(fail(std::move(error)));
}

void Fetch::advance() {
    if (done_) return;
    if (transfer_ && transfer_->finished()) return on_answer();
    if (deadline_.passed())
        return finish(fail(
            ErrorCode::timeout,
            fmt::format("no answer from the API server to {} {} in time", access_.verb, access_.resource),
            fmt::format("{} did not answer within {} ms", client_.host_header(), client_.request_timeout().count()),
            "raise --request-timeout, or check the cluster's server in the kubeconfig"));
    if (!transfer_ && retry_at_.passed()) start();
}

namespace {

template <class T>
std::unique_ptr<Listing<T>> list(Client& client, std::string path, Access access, const std::string& selector,
                                 Result<Page<T>> (*parse)(std::string_view)) {
    auto listing = std::make_unique<Listing<T>>();
    path += fmt::format("?limit={}", page_size);
    if (!selector.empty()) path += "&labelSelector=" + escaped(selector);
    auto consume = [items = &listing->items, parse](std::string_view body) -> Result<std::string> {
        TRY_ASSIGN(Page<T> page, parse(body));
        std::move(page.items.begin(), page.items.end(), std::back_inserter(*items));
        return std::move(page.next);
    };
    auto restart = [items = &listing->items] { items->clear(); };
    listing->fetch =
        std::make_unique<Fetch>(client, std::move(path), std::move(access), std::move(consume), std::move(restart));
    return listing;
}

std::string in_namespace(std::string_view root, const std::string& ns, std::string_view resource) {
    return ns.empty() ? fmt::format("{}/{}", root, resource)
                      : fmt::format("{}/namespaces/{}/{}", root, escaped(ns), resource);
}

}  // namespace

std::unique_ptr<Listing<Pod>> list_pods(Client& client, const std::string& ns, const std::string& selector) {
    return list<Pod>(client, in_namespace("/api/v1", ns, "pods"), {"list", "", "pods", ns, ""}, selector, parse_pods);
}

std::unique_ptr<Listing<Service>> list_services(Client& client, const std::string& ns) {
    return list<Service>(client, in_namespace("/api/v1", ns, "services"), {"list", "", "services", ns, ""}, "",
                         parse_services);
}

std::unique_ptr<Listing<EndpointSlice>> list_endpoint_slices(Client& client, const std::string& ns) {
    return list<EndpointSlice>(client, in_namespace("/apis/discovery.k8s.io/v1", ns, "endpointslices"),
                               {"list", "discovery.k8s.io", "endpointslices", ns, ""}, "", parse_endpoint_slices);
}

}  // namespace redisctl::kube
