#include "net/curl.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>

namespace redisctl::net {

namespace {

template <class T>
void set(void* easy, CURLoption option, T value) {
    curl_easy_setopt(static_cast<CURL*>(easy), option, value);
}

void set_blob(void* easy, CURLoption option, std::string_view pem) {
    curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(static_cast<CURL*>(easy), option, &blob);
}

void* make_share(std::initializer_list<curl_lock_data> what) {
    CURLSH* share = curl_share_init();
    for (const curl_lock_data data : what) curl_share_setopt(share, CURLSHOPT_SHARE, data);
    return share;
}

struct Parts {
    std::string scheme, host, port, rest;
};

// scheme://host:port/rest, of a URL that kube/config or the dialer made.
Parts take_apart(const std::string& url) {
    Parts parts;
    CURLU* handle = curl_url();
    if (curl_url_set(handle, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK) {
        auto get = [&](CURLUPart part, unsigned flags) {
            char* text = nullptr;
            std::string result = curl_url_get(handle, part, &text, flags) == CURLUE_OK ? text : "";
            curl_free(text);
            return result;
        };
        parts = {get(CURLUPART_SCHEME, 0), get(CURLUPART_HOST, 0), get(CURLUPART_PORT, CURLU_DEFAULT_PORT),
                 get(CURLUPART_PATH, 0)};
        if (std::string query = get(CURLUPART_QUERY, 0); !query.empty()) parts.rest += "?" + query;
    }
    curl_url_cleanup(handle);
    return parts;
}

}  // namespace

Curl::Curl() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi_ = curl_multi_init();
    curl_multi_setopt(static_cast<CURLM*>(multi_), CURLMOPT_MAXCONNECTS, 16L);
    request_share_ = make_share({CURL_LOCK_DATA_SSL_SESSION, CURL_LOCK_DATA_DNS, CURL_LOCK_DATA_CONNECT});
    connect_share_ = make_share({CURL_LOCK_DATA_SSL_SESSION, CURL_LOCK_DATA_DNS});
}

Curl::~Curl() {
    curl_multi_cleanup(static_cast<CURLM*>(multi_));
    curl_share_cleanup(static_cast<CURLSH*>(request_share_));
    curl_share_cleanup(static_cast<CURLSH*>(connect_share_));
}

void Curl::perform() {
    int running = 0, left = 0;
    curl_multi_perform(static_cast<CURLM*>(multi_), &running);
    while (CURLMsg* message = curl_multi_info_read(static_cast<CURLM*>(multi_), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        char* transfer = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        reinterpret_cast<Transfer*>(transfer)->finish(message->data.result);
    }
}

void Curl::wait(std::vector<Ready>& sockets, int interrupt_fd, Millis at_most) {
    std::vector<curl_waitfd> fds;
    fds.reserve(sockets.size() + 1);
    for (const Ready& socket : sockets) {
        short events = 0;
        if (socket.interest.read) events |= CURL_WAIT_POLLIN;
        if (socket.interest.write) events |= CURL_WAIT_POLLOUT;
        fds.push_back({socket.interest.fd, events, 0});
    }
    if (interrupt_fd >= 0) fds.push_back({interrupt_fd, CURL_WAIT_POLLIN, 0});
    // libcurl 7.88 may hold the end of an HTTP/2 answer in a buffer that no poll sees; while requests are under way it
    // is given the chance to look again.
    constexpr Millis look_again{20};
    if (requests_ > 0) at_most = std::min(at_most, look_again);
    int ready = 0;
    curl_multi_poll(static_cast<CURLM*>(multi_), fds.data(), static_cast<unsigned>(fds.size()),
                    static_cast<int>(at_most.count()), &ready);
    for (size_t i = 0; i < sockets.size(); i++) sockets[i].ready = fds[i].revents != 0;
}

std::string Curl::version() {
    return curl_version_info(CURLVERSION_NOW)->version;
}

Transfer::Transfer(Loop& loop, const TransferOptions& options, Task* owner)
    : loop_(loop),
      owner_(owner),
      connect_only_(options.connect_only),
      tls_(options.tls != nullptr),
      wake_on_body_(options.wake_on_body) {
    Curl& curl = loop.curl();
    easy_ = curl_easy_init();
    const Parts url = take_apart(options.url);
    peer_ = url.host + ":" + url.port;
    set(easy_, CURLOPT_PRIVATE, this);
    set(easy_, CURLOPT_NOSIGNAL, 1L);
    set(easy_, CURLOPT_ERRORBUFFER, error_text_);
    set(easy_, CURLOPT_SHARE, connect_only_ ? curl.connect_share_ : curl.request_share_);
    set(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
    if (!options.connect_deadline.is_never())
        set(easy_, CURLOPT_CONNECTTIMEOUT_MS,
            static_cast<long>(std::max(Millis(1), options.connect_deadline.left()).count()));
    if (options.no_proxy)
        set(easy_, CURLOPT_PROXY, "");
    else if (!options.proxy.empty())
        set(easy_, CURLOPT_PROXY, options.proxy.c_str());

    std::string target = options.url;
    auto* headers = static_cast<curl_slist*>(nullptr);
    for (const std::string& header : options.headers) headers = curl_slist_append(headers, header.c_str());
    if (!options.authorization.empty())
        headers = curl_slist_append(headers, fmt::format("Authorization: {}", options.authorization).c_str());
    if (options.tls) {
        const TlsOptions& tls = *options.tls;
        if (!tls.server_name.empty() && tls.server_name != url.host) {
            // curl takes SNI and the name to verify from the URL's host, so the URL carries that name and CONNECT_TO
            // the real address.
            target = fmt::format("{}://{}:{}{}", url.scheme, tls.server_name, url.port, url.rest);
            connect_to_ = curl_slist_append(
                nullptr, fmt::format("{}:{}:{}:{}", tls.server_name, url.port, url.host, url.port).c_str());
            set(easy_, CURLOPT_CONNECT_TO, static_cast<curl_slist*>(connect_to_));
            headers = curl_slist_append(headers, fmt::format("Host: {}:{}", url.host, url.port).c_str());
        }
        if (!tls.ca_pem.empty()) {
            set_blob(easy_, CURLOPT_CAINFO_BLOB, tls.ca_pem);
            set(easy_, CURLOPT_CAPATH, static_cast<char*>(nullptr));  // the named CA replaces the system's
        }
        if (!tls.cert_pem.empty()) {
            set_blob(easy_, CURLOPT_SSLCERT_BLOB, tls.cert_pem);
            set_blob(easy_, CURLOPT_SSLKEY_BLOB, tls.key_pem.reveal());
        }
        if (tls.insecure) {
            set(easy_, CURLOPT_SSL_VERIFYPEER, 0L);
            set(easy_, CURLOPT_SSL_VERIFYHOST, 0L);
        }
    }
    header_list_ = headers;
    set(easy_, CURLOPT_URL, target.c_str());
    if (headers) set(easy_, CURLOPT_HTTPHEADER, headers);
    if (connect_only_) {
        set(easy_, CURLOPT_CONNECT_ONLY, 1L);
        set(easy_, CURLOPT_FRESH_CONNECT, 1L);
        set(easy_, CURLOPT_HTTPPROXYTUNNEL, 1L);
        // With HTTP/2 in the offer the server may choose it, and the WebSocket needs HTTP/1.1.
        set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    } else {
        set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
        set(easy_, CURLOPT_PIPEWAIT, 1L);  // requests that start together share one connection
        set(easy_, CURLOPT_WRITEFUNCTION, &Transfer::take_answer);
        set(easy_, CURLOPT_WRITEDATA, this);
        if (options.method != "GET") send_body(options);
        if (options.compressed) set(easy_, CURLOPT_ACCEPT_ENCODING, "gzip");
    }
    set(easy_, CURLOPT_QUICK_EXIT, 1L);  // a resolver that does not answer shall not hold us at the end
    if (!connect_only_) curl.requests_++;
    curl_multi_add_handle(static_cast<CURLM*>(curl.multi_), static_cast<CURL*>(easy_));
}

Transfer::~Transfer() {
    if (!connect_only_ && !finished_) loop_.curl().requests_--;
    curl_multi_remove_handle(static_cast<CURLM*>(loop_.curl().multi_), static_cast<CURL*>(easy_));
    curl_easy_cleanup(static_cast<CURL*>(easy_));
    curl_slist_free_all(static_cast<curl_slist*>(header_list_));
    curl_slist_free_all(static_cast<curl_slist*>(connect_to_));
}

void Transfer::finish(int code) {
    finished_ = true;
    if (!connect_only_) loop_.curl().requests_--;
    if (code != CURLE_OK) {
        result_ = fail(explain(code));
    } else if (connect_only_) {
        curl_socket_t fd = CURL_SOCKET_BAD;
        curl_easy_getinfo(static_cast<CURL*>(easy_), CURLINFO_ACTIVESOCKET, &fd);
        fd_ = fd;
    }
    if (owner_) loop_.wake(*owner_);
}

void Transfer::send_body(const TransferOptions& options) {
    request_body_ = options.body;
    set(easy_, CURLOPT_POST, 1L);
    set(easy_, CURLOPT_CUSTOMREQUEST, options.method.c_str());
    set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_body_.size()));
    // By a function that cannot be rewound: libcurl then gives up (CURLE_SEND_FAIL_REWIND) where it would send again.
    set(easy_, CURLOPT_READFUNCTION, &Transfer::give_body);
    set(easy_, CURLOPT_READDATA, this);
}

size_t Transfer::give_body(char* data, size_t size, size_t count, void* transfer) {
    auto& self = *static_cast<Transfer*>(transfer);
    const size_t given = self.request_body_.copy(data, size * count, self.body_sent_);
    self.body_sent_ += given;
    return given;
}

size_t Transfer::take_answer(char* data, size_t size, size_t count, void* transfer) {
    auto& self = *static_cast<Transfer*>(transfer);
    if (self.body_.size() + size * count > max_body_bytes) return 0;  // ends the transfer with CURLE_WRITE_ERROR
    self.body_.append(data, size * count);
    if (self.wake_on_body_ && self.owner_) self.loop_.wake(*self.owner_);
    return size * count;
}

int Transfer::status() const {
    long status = 0;
    curl_easy_getinfo(static_cast<CURL*>(easy_), CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
}

Error Transfer::explain(int code) const {
    long system_error = 0;
    curl_easy_getinfo(static_cast<CURL*>(easy_), CURLINFO_OS_ERRNO, &system_error);
    const char* said = error_text_[0] ? error_text_ : curl_easy_strerror(static_cast<CURLcode>(code));
    if (code == CURLE_COULDNT_CONNECT && system_error) said = std::strerror(static_cast<int>(system_error));
    const std::string tls_hint = tls_ ? "is it a TLS port?" : "";
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return {ErrorCode::timeout, fmt::format("no connection to {} in time", peer_), said, tls_hint, {}};
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
            return {ErrorCode::unreachable, fmt::format("the name of {} cannot be resolved", peer_), said, {}, "DNS"};
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
            return {ErrorCode::unreachable, fmt::format("the certificate of {} is not trusted", peer_), said,
                    "check the CA, the server's name and the expiry date", "CERTIFICATE"};
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CIPHER:
            return {ErrorCode::unreachable, fmt::format("no TLS session with {}", peer_), said,
                    "is it a TLS port, and does it want a client certificate?", "TLS"};
        case CURLE_SSL_CERTPROBLEM:
            return {
                ErrorCode::usage, "the client certificate or its key cannot be used", said, {}, "CLIENT_CERTIFICATE"};
        case CURLE_WRITE_ERROR:
            return {ErrorCode::protocol, fmt::format("the answer of {} is too large", peer_), said, {}, {}};
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
            return {ErrorCode::protocol, fmt::format("{} does not speak HTTP as expected", peer_), said, {}, {}};
        default:
            return {ErrorCode::unreachable, fmt::format("no connection to {}", peer_), said, {}, {}};
    }
}

std::optional<int64_t> Transfer::retry_after_seconds() const {
    curl_off_t seconds = 0;
    curl_easy_getinfo(static_cast<CURL*>(easy_), CURLINFO_RETRY_AFTER, &seconds);
    if (seconds <= 0) return std::nullopt;
    return seconds;
}

Error Transfer::broken(std::string message, int code) const {
    // The text is of the last failure, where libcurl had more to say than the code does: the peer's TLS alert, for one.
    const std::string said = error_text_[0]     ? error_text_
                             : code == CURLE_OK ? "end of stream"
                                                : curl_easy_strerror(static_cast<CURLcode>(code));
    return {ErrorCode::unreachable, std::move(message), said,
            tls_ ? "does it want a client certificate (--cert, --key)?" : "",
            tls_ && code != CURLE_OK ? "TLS" : "CLOSED"};
}

Result<size_t> Transfer::send(std::string_view bytes) {
    size_t sent = 0;
    const CURLcode code = curl_easy_send(static_cast<CURL*>(easy_), bytes.data(), bytes.size(), &sent);
    if (code == CURLE_OK || code == CURLE_AGAIN) return sent;
    return fail(broken(fmt::format("the connection to {} broke", peer_), code));
}

Result<size_t> Transfer::receive(char* buffer, size_t size) {
    size_t received = 0;
    const CURLcode code = curl_easy_recv(static_cast<CURL*>(easy_), buffer, size, &received);
    if (code == CURLE_AGAIN) return 0;
    if (code == CURLE_OK && received > 0) return received;
    return fail(broken(fmt::format("the connection to {} was closed", peer_), code));
}

}  // namespace redisctl::net
