#include "fleet/dialer.h"

#include "kube/port_forward.h"
#include "net/curl_stream.h"
#include "net/tls_stream.h"

#include <fmt/core.h>

namespace redisctl::fleet {

namespace {

// A CurlStream whose TLS options live as long as it does: libcurl uses certificates in place.
class DirectTls final : public net::Stream {
  public:
    DirectTls(net::Loop& loop, net::TransferOptions options, net::TlsOptions tls)
        : tls_(std::move(tls)), stream_(loop, (options.tls = &tls_, options)) {}

    Result<void> pump(std::string& out, std::string& in) override { return stream_.pump(out, in); }
    bool connected() const override { return stream_.connected(); }
    net::Interest interest(bool sending) const override {
        return static_cast<const net::Stream&>(stream_).interest(sending);
    }
    void set_owner(net::Task* owner) override { stream_.set_owner(owner); }

  private:
    net::TlsOptions tls_;
    net::CurlStream stream_;
};

}  // namespace

Dialer::Dialer(net::Loop& loop, kube::Client* client, Via via)
    : loop_(loop),
      client_(client),
      direct_(!client || via == Via::direct || (via == Via::automatic && client->config().in_cluster)) {}

std::unique_ptr<net::Stream> Dialer::dial(const Node& node, const std::optional<net::TlsOptions>& tls,
                                          Deadline connect_deadline) {
    if (direct_) {
        net::TransferOptions options;
        options.url = fmt::format("{}://{}", tls ? "https" : "http", net::to_string(node.address));
        options.connect_only = true;
        options.no_proxy = true;
        options.connect_deadline = connect_deadline;
        if (tls) return std::make_unique<DirectTls>(loop_, options, *tls);
        return std::make_unique<net::CurlStream>(loop_, options);
    }
    auto tunnel = std::make_unique<kube::PortForward>(*client_, node.ns, node.pod, node.address.port, connect_deadline);
    if (!tls) return tunnel;
    return std::make_unique<net::TlsStream>(std::move(tunnel), *tls,
                                            tls->server_name.empty() ? node.pod : tls->server_name);
}

}  // namespace redisctl::fleet
