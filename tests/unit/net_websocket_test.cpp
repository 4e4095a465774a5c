#include "net/websocket.h"

#include <doctest/doctest.h>

#include <string>

using namespace redisctl;
using net::WebSocket;

namespace {

// An unmasked frame, as servers send them.
std::string frame(int opcode, const std::string& payload, bool final = true) {
    std::string text(1, static_cast<char>(opcode | (final ? 0x80 : 0)));
    text += static_cast<char>(payload.size());
    return text + payload;
}

std::string unmasked(const std::string& sent, size_t head) {
    std::string payload = sent.substr(head + 4);
    for (size_t i = 0; i < payload.size(); i++) payload[i] = static_cast<char>(payload[i] ^ sent[head + i % 4]);
    return payload;
}

}  // namespace

TEST_CASE("an HTTP head is read when its blank line is there, and what is no HTTP is an error at the first bytes") {
    CHECK(!net::parse_http_head("HTT").value());
    CHECK(!net::parse_http_head("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n").value());
    const std::string whole = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Kind:  a b \r\n\r\nno";
    const auto head = net::parse_http_head(whole).value();
    REQUIRE(head);
    CHECK(head->status == 403);
    CHECK(head->size == whole.size() - 2);
    CHECK(head->header("content-length") == "2");
    CHECK(head->header("x-kind") == "a b");
    CHECK(head->header("absent").empty());

    for (const char* bad :
         {"SSH-2.0-OpenSSH", "HTTP/1.1 twohundred\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 99999 x\r\n\r\n"}) {
        CAPTURE(bad);
        CHECK(net::parse_http_head(bad).error().code == ErrorCode::protocol);
    }
    CHECK(net::parse_http_head("HTTP/1.1 200 OK\r\n" + std::string(70'000, 'a')).error().code == ErrorCode::protocol);
}

TEST_CASE("an upgrade is accepted only with the answer to its own key and the protocol asked for") {
    WebSocket socket;
    const std::string request =
        socket.upgrade_request("api:6443", "/path?ports=6379", "v4.channel.k8s.io", {"Authorization: Bearer t"});
    CHECK(request.substr(0, 30) == "GET /path?ports=6379 HTTP/1.1\r");
    CHECK(request.find("\r\nHost: api:6443\r\n") != std::string::npos);
    CHECK(request.find("\r\nAuthorization: Bearer t\r\n\r\n") != std::string::npos);

    net::HttpHead head{
        101,
        0,
        {{"sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, {"sec-websocket-protocol", "v4.channel.k8s.io"}}};
    CHECK(socket.check_upgrade(head).error().message == "the server's WebSocket upgrade does not answer our key");
}

TEST_CASE("a message leaves in one masked final binary frame") {
    WebSocket socket;
    std::string out;
    socket.send(std::string("\0PING\r\n", 7));
    REQUIRE(socket.flush(out));
    REQUIRE(out.size() == 2 + 4 + 7);
    CHECK(static_cast<unsigned char>(out[0]) == 0x82);
    CHECK(static_cast<unsigned char>(out[1]) == (0x80 | 7));
    CHECK(unmasked(out, 2) == std::string("\0PING\r\n", 7));

    out.clear();
    socket.send(std::string(5000, 'x'));
    REQUIRE(socket.flush(out));
    REQUIRE(out.size() == 4 + 4 + 5000);
    CHECK(static_cast<unsigned char>(out[0]) == 0x82);
    CHECK(unmasked(out, 4) == std::string(5000, 'x'));
}

TEST_CASE("a ping is empty") {
    WebSocket socket;
    std::string out;
    socket.ping();
    REQUIRE(socket.flush(out));
    REQUIRE(out.size() == 2 + 4);
    CHECK(static_cast<unsigned char>(out[0]) == 0x89);
    CHECK(static_cast<unsigned char>(out[1]) == 0x80);
}

TEST_CASE("messages come whole, byte by byte and fragmented, and a ping is answered") {
    WebSocket socket;
    const std::string bytes = frame(2, "one") + frame(9, "hi") + frame(2, "tw", false) + frame(0, "o");
    for (const char byte : bytes) REQUIRE(socket.feed(std::string_view(&byte, 1)));
    CHECK(socket.receive() == "one");
    CHECK(socket.receive() == "two");
    CHECK(!socket.receive());
    std::string out;
    REQUIRE(socket.flush(out));
    REQUIRE(out.size() == 2 + 4 + 2);
    CHECK(static_cast<unsigned char>(out[0]) == 0x8A);
    CHECK(unmasked(out, 2) == "hi");
    CHECK(!socket.closed());
    REQUIRE(socket.feed(frame(8, std::string("\x03\xe8", 2))));
    CHECK(socket.closed());
}

TEST_CASE("what RFC 6455 forbids ends the conversation") {
    const std::string bad[] = {
        frame(3, "x"),                                        // an opcode nobody defined
        std::string("\x82\x83\x01\x02\x03\x04xyz"),           // a masked frame from a server
        std::string("\xC2\x01x"),                             // a reserved bit
        frame(0, "x"),                                        // a continuation of nothing
        frame(9, "x", false),                                 // a fragmented control frame
        std::string("\x82\x7f\0\0\x01\0\0\0\0\0", 10) + "x",  // a message of a terabyte
    };
    for (const std::string& bytes : bad) {
        CAPTURE(bytes);
        WebSocket socket;
        CHECK(socket.feed(bytes).error().code == ErrorCode::protocol);
    }
}
