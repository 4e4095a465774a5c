// TCP, or TLS over TCP, by libcurl: it resolves, tries both address families, goes through proxies and speaks TLS.
#pragma once

#include "net/curl.h"
#include "net/stream.h"

#include <memory>

namespace redisctl::net {

class CurlStream final : public Stream, private Task {
  public:
    CurlStream(Loop& loop, const TransferOptions& options);
    ~CurlStream() override;

    Result<void> pump(std::string& out, std::string& in) override;
    bool connected() const override { return transfer_.finished() && transfer_.result().has_value(); }
    Interest interest(bool sending) const override;
    void set_owner(Task* owner) override { owner_ = owner; }

  private:
    void advance() override;  // the connect ended: tell the owner of the outermost stream
    Interest interest() const override { return {}; }

    Loop& loop_;
    Task* owner_ = nullptr;
    Transfer transfer_;
};

}  // namespace redisctl::net
