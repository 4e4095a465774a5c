// The Kubernetes API over the loop: several requests at once, paging, retries (kube/request.h); and connections to the
// API server for port-forwards. Rules: client-go rest/with_retry.go and the API conventions: Retry-After on 429 and 5xx
// is honoured, broken connections of reads are tried again, a 401 refreshes the credentials once, an expired continue
// token starts the list anew.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "kube/api_error.h"
#include "kube/config.h"
#include "kube/credentials.h"
#include "kube/network_policy.h"
#include "kube/objects.h"
#include "net/curl.h"
#include "net/curl_stream.h"
#include "net/loop.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::kube {

class Request;

class Client {
  public:
    // request_timeout: of one request, retries included; zero means none but the caller's deadline.
    Client(net::Loop& loop, ClusterConfig config, Millis request_timeout);

    // Runs the credential plugin or reads the token file; before the first request. Errors: as Credentials::current.
    Result<void> authenticate();

    const ClusterConfig& config() const { return config_; }
    const Identity& identity() const { return identity_; }
    net::Loop& loop() { return loop_; }
    Millis request_timeout() const { return request_timeout_; }

    // Starts connections to the API server (TCP and TLS only) that the next connect() calls take: the handshakes run
    // while a list is under way.
    void warm(size_t count);
    // A connection to the API server for an upgrade: a warm one when there is one.
    std::unique_ptr<net::Stream> connect(Deadline deadline);
    // Host header and path prefix for requests that are written by hand (upgrades).
    std::string host_header() const;
    std::string path_prefix() const;

    // After a 401 to a request that was sent with identity number `used`: true when a retry makes sense, because there
    // is a newer identity, or now one was made. Several requests that fail together refresh once. A renewal that failed
    // is not tried again at once, but its error given again, for three times as long as it took.
    Result<bool> refresh(int used);
    int identity_number() const { return identity_number_; }
    // As Credentials::remaining_seconds.
    std::optional<int64_t> credential_seconds() const { return credentials_.remaining_seconds(); }
    net::TransferOptions transfer_options(const std::string& path, Deadline deadline) const;

  private:
    net::Loop& loop_;
    ClusterConfig config_;
    Credentials credentials_;
    Identity identity_;
    int identity_number_ = 0;
    std::optional<Error> renewal_failed_;
    Deadline renew_again_at_ = Deadline::never();
    net::TlsOptions tls_;
    Millis request_timeout_;
    std::deque<std::unique_ptr<net::CurlStream>> warm_;
};

// One GET, or a list page after page. Runs on the loop from its making; done() says when result() counts.
class Fetch final : public net::Task {
  public:
    // Takes one page's body; returns the continue token, empty when that was the last page.
    using Consume = std::function<Result<std::string>(std::string_view body)>;
    // The list starts anew (its continue token expired): forget what was consumed.
    using Restart = std::function<void()>;

    Fetch(Client& client, std::string path, Access access, Consume consume, Restart restart);
    ~Fetch() override;

    bool done() const { return done_; }
    const Result<void>& result() const { return result_; }
    // Woken when it is done; for those that wait for a Secret while their connection is being made.
    void wake_when_done(net::Task* task);
    void forget(net::Task* task);  // before the task dies

  private:
    void advance() override;
    net::Interest interest() const override { return {}; }

    void start();
    void finish(Result<void> result);

    Client& client_;
    std::string path_, next_;
    Access access_;
    Consume consume_;
    Restart restart_;
    Deadline deadline_;
    std::unique_ptr<Request> request_;
    std::vector<net::Task*> waiters_;
    Result<void> result_;
    int restarts_ = 0;
    bool done_ = false;
};

// A list in the making; take() once done.
template <class T>
struct Listing {
    std::vector<T> items;
    std::unique_ptr<Fetch> fetch;

    bool done() const { return fetch->done(); }
    Result<std::vector<T>> take() {
        TRY(fetch->result());
        return std::move(items);
    }
};

// ns empty: all namespaces. selector as kubectl's -l.
std::unique_ptr<Listing<Pod>> list_pods(Client& client, const std::string& ns, const std::string& selector);
std::unique_ptr<Listing<Service>> list_services(Client& client, const std::string& ns);
std::unique_ptr<Listing<EndpointSlice>> list_endpoint_slices(Client& client, const std::string& ns);
std::unique_ptr<Listing<DisruptionBudget>> list_disruption_budgets(Client& client, const std::string& ns);
std::unique_ptr<Listing<NetworkPolicy>> list_network_policies(Client& client, const std::string& ns);

}  // namespace redisctl::kube
