#include "kube/client.h"

#include "kube/request.h"
#include "kube/resource.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace redisctl::kube {

namespace {

constexpr int max_restarts = 5;
constexpr int page_size = 500;  // as kubectl's --chunk-size

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
    if (renewal_failed_ && !renew_again_at_.passed()) return fail(*renewal_failed_);
    if (!credentials_.refresh()) return false;
    const TimePoint began = SteadyClock::now();
    const Result<void> renewed = authenticate();
    renewal_failed_ = renewed ? std::nullopt : std::optional(renewed.error());
    if (renewed) return true;
    const auto took = std::chrono::duration_cast<Millis>(SteadyClock::now() - began);
    renew_again_at_ = Deadline::after(std::max(Millis(1'000), 3 * took));
    return fail(renewed.error());
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
    std::string path = path_;
    if (!next_.empty())
        path += fmt::format("{}continue={}", path.find('?') == std::string::npos ? "?" : "&", url_escaped(next_));
    request_ = std::make_unique<Request>(client_, Question{access_, std::move(path)}, deadline_, this);
}

void Fetch::finish(Result<void> result) {
    result_ = std::move(result);
    done_ = true;
    request_.reset();
    for (net::Task* waiter : waiters_) client_.loop().wake(*waiter);
}

void Fetch::advance() {
    if (done_ || !request_->done()) return;
    if (!request_->result()) {
        if (request_->status() != 410 || next_.empty() || restarts_++ == max_restarts)
            return finish(fail(request_->result().error()));
        next_.clear();
        if (restart_) restart_();
        return start();
    }
    Result<std::string> next = consume_(request_->body());
    if (!next) {
        Error error = std::move(next).error();
        if (error.hint.empty()) error.hint = "is it an API server? check the cluster's server in the kubeconfig";
        return finish(fail(std::move(error)));
    }
    if (next->empty()) return finish({});
    next_ = std::move(*next);
    start();
}

namespace {

template <class T>
std::unique_ptr<Listing<T>> list(Client& client, const Resource& resource, const std::string& ns,
                                 const std::string& selector, Result<Page<T>> (*parse)(std::string_view)) {
    auto listing = std::make_unique<Listing<T>>();
    std::string path = fmt::format("{}?limit={}", path_of(resource, ns, ""), page_size);
    if (!selector.empty()) path += "&labelSelector=" + url_escaped(selector);
    auto consume = [items = &listing->items, parse](std::string_view body) -> Result<std::string> {
        TRY_ASSIGN(Page<T> page, parse(body));
        std::move(page.items.begin(), page.items.end(), std::back_inserter(*items));
        return std::move(page.next);
    };
    auto restart = [items = &listing->items] { items->clear(); };
    listing->fetch = std::make_unique<Fetch>(client, std::move(path), access_to("list", resource, ns, ""),
                                             std::move(consume), std::move(restart));
    return listing;
}

}  // namespace

std::unique_ptr<Listing<Pod>> list_pods(Client& client, const std::string& ns, const std::string& selector) {
    return list<Pod>(client, resource::pods, ns, selector, parse_pods);
}

std::unique_ptr<Listing<Service>> list_services(Client& client, const std::string& ns) {
    return list<Service>(client, resource::services, ns, "", parse_services);
}

std::unique_ptr<Listing<EndpointSlice>> list_endpoint_slices(Client& client, const std::string& ns) {
    return list<EndpointSlice>(client, resource::endpoint_slices, ns, "", parse_endpoint_slices);
}

std::unique_ptr<Listing<DisruptionBudget>> list_disruption_budgets(Client& client, const std::string& ns) {
    return list<DisruptionBudget>(client, resource::disruption_budgets, ns, "", parse_disruption_budgets);
}

std::unique_ptr<Listing<NetworkPolicy>> list_network_policies(Client& client, const std::string& ns) {
    return list<NetworkPolicy>(client, resource::network_policies, ns, "", parse_network_policies);
}

}  // namespace redisctl::kube
