// TLS on top of any Stream: what libcurl cannot give is TLS to Redis inside a port-forward.
#pragma once

#include "base/result.h"
#include "net/endpoint.h"
#include "net/stream.h"

#include <memory>
#include <string>

namespace redisctl::net {

class TlsStream final : public Stream {
  public:
    // `name` is what SNI asks for and what the certificate must be made for (an IP address is verified as one).
    // Errors show in the first pump: usage when a certificate or key cannot be read, unreachable (reason CERTIFICATE or
    // TLS) when the handshake fails.
    TlsStream(std::unique_ptr<Stream> below, const TlsOptions& options, const std::string& name);
    ~TlsStream() override;

    Result<void> pump(std::string& out, std::string& in) override;
    bool connected() const override;
    Interest interest(bool sending) const override;
    void set_owner(Task* owner) override { below_->set_owner(owner); }

  private:
    struct Session;

    Result<void> handshake();
    Result<void> read_plain(std::string& in);
    void take_cipher_text();

    std::unique_ptr<Stream> below_;
    std::unique_ptr<Session> session_;
    std::string to_peer_, from_peer_;
    Result<void> setup_;
};

}  // namespace redisctl::net
