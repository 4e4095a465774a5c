// libcurl, and the only place that knows it: transfers and connects driven by the loop. HTTP requests for the API,
// CONNECT_ONLY handles for raw bytes.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "net/endpoint.h"
#include "net/loop.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::net {

struct TransferOptions {
    std::string url;            // http(s)://host:port/path; of a connect only the part before the path counts
    bool connect_only = false;  // stop after TCP and TLS (HTTP/1.1 in the ALPN offer), then send() and receive()
    const TlsOptions* tls =
        nullptr;  // for https; must outlive the transfer: certificates are used in place, never copied to a file
    std::vector<std::string> headers;
    std::string_view authorization;  // value of the Authorization header; read at the start only
    std::string method = "GET";
    std::string_view body;      // of anything but a GET; must live as long as the transfer. Its type is a header
    std::string proxy;          // kubeconfig's proxy-url; empty: HTTPS_PROXY and NO_PROXY of the environment count
    bool no_proxy = false;      // never through a proxy (pods and hosts)
    bool compressed = false;    // accept gzip
    bool wake_on_body = false;  // wake the owner whenever more of the body is there, not only at the end
    Deadline connect_deadline = Deadline::never();
};

// One request or one connection. Starts when made; dies with its object.
class Transfer {
  public:
    // owner, when there is one, is woken when the transfer finishes.
    Transfer(Loop& loop, const TransferOptions& options, Task* owner);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    static constexpr size_t max_body_bytes = 256u << 20;

    bool finished() const { return finished_; }
    // Valid when finished: the connect or the exchange as a whole. Errors: unreachable, timeout, protocol, with curl's
    // own words as the cause.
    const Result<void>& result() const { return result_; }

    // HTTP
    int status() const;  // 0 before the answer's head is there
    // Grows until finished; whoever follows it may take from its front.
    std::string& body() { return body_; }
    // Whether the server may have the whole request: false as long as it certainly cannot have acted on its body. A
    // body that was begun is never sent a second time, so libcurl's own retry on a connection that was kept too long
    // cannot do a change twice.
    bool body_begun() const { return body_sent_ > 0; }
    std::optional<int64_t> retry_after_seconds() const;

    // CONNECT_ONLY. Both: bytes moved, 0 when it would block. Errors: unreachable when the peer closed (reason CLOSED)
    // or the connection broke.
    int fd() const { return fd_; }
    Result<size_t> send(std::string_view bytes);
    Result<size_t> receive(char* buffer, size_t size);

  private:
    friend class Curl;
    void finish(int code);
    void send_body(const TransferOptions& options);
    static size_t take_answer(char* data, size_t size, size_t count, void* transfer);
    static size_t give_body(char* data, size_t size, size_t count, void* transfer);
    Error explain(int code) const;
    Error broken(std::string message, int code) const;

    Loop& loop_;
    Task* owner_;
    void* easy_ = nullptr;
    void* header_list_ = nullptr;
    void* connect_to_ = nullptr;
    std::string peer_;  // host:port, for messages
    bool connect_only_, tls_;
    bool finished_ = false;
    Result<void> result_;
    int fd_ = -1;
    std::string body_;
    std::string_view request_body_;
    size_t body_sent_ = 0;
    bool wake_on_body_;
    char error_text_[256] = {};
};

// The multi handle and what transfers share: TLS sessions (a resumed handshake saves the certificates' work) and name
// look-ups. Requests keep their connections apart from those of CONNECT_ONLY handles: libcurl knows one answer a host
// to "does it multiplex?", and the latter's HTTP/1.1 would say no for all.
class Curl {
  public:
    Curl();
    ~Curl();
    Curl(const Curl&) = delete;
    Curl& operator=(const Curl&) = delete;

    struct Ready {
        Interest interest;
        bool ready = false;  // filled by wait()
    };

    // Moves every transfer on and finishes those that ended.
    void perform();
    // The one blocking call: until a transfer, one of the sockets or `interrupt_fd` (−1: none) is ready, or the time is
    // over.
    void wait(std::vector<Ready>& sockets, int interrupt_fd, Millis at_most);

    static std::string version();

  private:
    friend class Transfer;
    void* multi_ = nullptr;
    int requests_ = 0;  // requests under way
    void* request_share_ = nullptr;
    void* connect_share_ = nullptr;
};

}  // namespace redisctl::net
