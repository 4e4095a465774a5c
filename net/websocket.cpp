#include "net/websocket.h"

#include "base/text.h"

#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <wslay/wslay.h>

#include <algorithm>
#include <array>

namespace redisctl::net {

namespace {

constexpr size_t max_head_bytes = 64u << 10;

// RFC 6455, 1.3: base64 of the SHA-1 of the key and this text.
std::string accept_of(std::string_view key) {
    const std::string text = fmt::format("{}258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
    return base64_encode({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace

std::string_view HttpHead::header(std::string_view name) const {
    const auto found =
        std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Result<std::optional<HttpHead>> parse_http_head(std::string_view bytes) {
    const size_t known = std::min<size_t>(bytes.size(), 5);
    if (bytes.substr(0, known) != std::string_view("HTTP/").substr(0, known))
        return fail(ErrorCode::protocol, "the server does not answer in HTTP", printable(bytes.substr(0, 40)));
    const size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        if (bytes.size() > max_head_bytes)
            return fail(ErrorCode::protocol, "the head of the server's answer is too large");
        return std::nullopt;
    }
    HttpHead head;
    head.size = end + 4;
    const std::vector<std::string_view> lines = split(bytes.substr(0, end), '\n');
    const std::vector<std::string_view> words = split(trim(lines[0]), ' ');
    const std::optional<int64_t> status = words.size() > 1 ? parse_int(words[1]) : std::nullopt;
    if (!status || *status < 100 || *status > 999)
        return fail(ErrorCode::protocol, "the server does not answer in HTTP", printable(trim(lines[0])));
    head.status = static_cast<int>(*status);
    for (size_t i = 1; i < lines.size(); i++) {
        const size_t colon = lines[i].find(':');
        if (colon != std::string_view::npos)
            head.headers.emplace_back(lower(trim(lines[i].substr(0, colon))), trim(lines[i].substr(colon + 1)));
    }
    return head;
}

struct WebSocket::Impl {
    wslay_event_context_ptr context = nullptr;
    std::string_view input;  // what feed() was given and wslay has not read yet
    std::string* output = nullptr;
    std::deque<std::string> messages;
    bool closed = false;

    static ssize_t receive(wslay_event_context_ptr context, uint8_t* buffer, size_t size, int, void* self) {
        std::string_view& input = static_cast<Impl*>(self)->input;
        if (input.empty()) {
            wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
            return -1;
        }
        const size_t n = std::min(size, input.size());
        std::copy_n(input.data(), n, buffer);
        input.remove_prefix(n);
        return static_cast<ssize_t>(n);
    }
    static ssize_t send(wslay_event_context_ptr, const uint8_t* data, size_t size, int, void* self) {
        static_cast<Impl*>(self)->output->append(reinterpret_cast<const char*>(data), size);
        return static_cast<ssize_t>(size);
    }
    static int mask(wslay_event_context_ptr, uint8_t* buffer, size_t size, void*) {
        return RAND_bytes(buffer, static_cast<int>(size)) == 1 ? 0 : -1;
    }
    static void message(wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* arg, void* self) {
        auto& impl = *static_cast<Impl*>(self);
        if (arg->opcode == WSLAY_CONNECTION_CLOSE) impl.closed = true;
        if (arg->opcode == WSLAY_BINARY_FRAME || arg->opcode == WSLAY_TEXT_FRAME)
            impl.messages.emplace_back(reinterpret_cast<const char*>(arg->msg), arg->msg_length);
    }
};

WebSocket::WebSocket() : impl_(std::make_unique<Impl>()) {
    wslay_event_callbacks callbacks{};
    callbacks.recv_callback = Impl::receive;
    callbacks.send_callback = Impl::send;
    callbacks.genmask_callback = Impl::mask;
    callbacks.on_msg_recv_callback = Impl::message;
    wslay_event_context_client_init(&impl_->context, &callbacks, impl_.get());
    wslay_event_config_set_max_recv_msg_length(impl_->context, max_message_bytes);
}

WebSocket::~WebSocket() {
    wslay_event_context_free(impl_->context);
}

std::string WebSocket::upgrade_request(std::string_view host, std::string_view path, std::string_view protocols,
                                       const std::vector<std::string>& headers) {
    std::array<char, 16> nonce{};
    RAND_bytes(reinterpret_cast<unsigned char*>(nonce.data()), nonce.size());
    key_ = base64_encode({nonce.data(), nonce.size()});
    protocols_ = protocols;
    chosen_.clear();
    std::string request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: {}\r\nSec-WebSocket-Protocol: {}\r\n",
        path, host, key_, protocols);
    for (const std::string& header : headers) request += header + "\r\n";
    return request + "\r\n";
}

Result<void> WebSocket::check_upgrade(const HttpHead& head) {
    if (head.header("sec-websocket-accept") != accept_of(key_))
        return fail(ErrorCode::protocol, "the server's WebSocket upgrade does not answer our key");
    const std::string_view chosen = head.header("sec-websocket-protocol");
    for (const std::string_view offered : split(protocols_, ','))
        if (trim(offered) == chosen) chosen_ = chosen;
    if (chosen.empty() || chosen_.empty())
        return fail(ErrorCode::protocol, fmt::format("the server did not accept the WebSocket protocol {}", protocols_),
                    printable(chosen));
    return {};
}

void WebSocket::send(std::string_view message) {
    const wslay_event_msg frame{WSLAY_BINARY_FRAME, reinterpret_cast<const uint8_t*>(message.data()), message.size()};
    wslay_event_queue_msg(impl_->context, &frame);
}

void WebSocket::ping() {
    const wslay_event_msg frame{WSLAY_PING, nullptr, 0};
    wslay_event_queue_msg(impl_->context, &frame);
}

Result<void> WebSocket::flush(std::string& out) {
    impl_->output = &out;
    if (wslay_event_send(impl_->context) != 0) return fail(ErrorCode::internal, "a WebSocket frame could not be made");
    return {};
}

Result<void> WebSocket::feed(std::string_view bytes) {
    impl_->input = bytes;
    const int result = wslay_event_recv(impl_->context);
    impl_->input = {};
    // wslay answers a violation with a close frame of its own making and reads no further.
    if (result != 0 || (!wslay_event_get_read_enabled(impl_->context) && !impl_->closed))
        return fail(ErrorCode::protocol, "the server broke the WebSocket protocol",
                    fmt::format("close status {}", wslay_event_get_status_code_sent(impl_->context)));
    return {};
}

std::optional<std::string> WebSocket::receive() {
    if (impl_->messages.empty()) return std::nullopt;
    std::string message = std::move(impl_->messages.front());
    impl_->messages.pop_front();
    return message;
}

bool WebSocket::closed() const {
    return impl_->closed;
}

}  // namespace redisctl::net
