#include "redis/codec.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::redis;

namespace {

// A reply in one line: +status -error :integer "string" nil [array].
std::string show(const Value& value) {
    switch (value.type) {
        case Value::Type::nil:
            return "nil";
        case Value::Type::status:
            return "+" + value.text;
        case Value::Type::error:
            return "-" + value.text;
        case Value::Type::integer:
            return fmt::format(":{}", value.integer);
        case Value::Type::string:
            return '"' + value.text + '"';
        case Value::Type::array:
            break;
    }
    std::string shown;
    for (const auto& element : value.elements) shown += (shown.empty() ? "" : " ") + show(element);
    return "[" + shown + "]";
}

std::string show(const Error& error) {
    return fmt::format("{}: {} | {} | {}", error.name(), error.message, error.cause, error.hint);
}

// All that comes out of the bytes: the replies, then the error or "…" when more bytes are needed.
std::vector<std::string> decode(std::string_view bytes, size_t piece) {
    Decoder decoder;
    std::vector<std::string> shown;
    for (size_t at = 0;; at += piece) {
        if (at < bytes.size()) decoder.feed(bytes.substr(at, piece));
        for (;;) {
            auto reply = decoder.next();
            if (!reply) {
                shown.push_back(show(reply.error()));
                return shown;
            }
            if (!*reply) break;
            shown.push_back(show(**reply));
        }
        if (at + piece >= bytes.size()) break;
    }
    shown.push_back("…");
    return shown;
}

using Shown = std::vector<std::string>;

// The same whether the bytes come at once or one by one.
void check_decode(std::string_view bytes, const Shown& expected) {
    CAPTURE(bytes);
    CHECK(decode(bytes, std::max<size_t>(bytes.size(), 1)) == expected);
    CHECK(decode(bytes, 1) == expected);
}

std::string error_of(std::string_view bytes) {
    auto shown = decode(bytes, std::max<size_t>(bytes.size(), 1));
    auto piecewise = decode(bytes, 1);
    // The sentence is the same; what the peer said so far is longer when it comes at once.
    CHECK(shown.back().substr(0, shown.back().find(" | it said")) ==
          piecewise.back().substr(0, piecewise.back().find(" | it said")));
    return shown.back();
}

}  // namespace

TEST_CASE("a request goes out as an array of strings, whatever bytes they hold") {
    CHECK(encode({"PING"}) == "*1\r\n$4\r\nPING\r\n");
    CHECK(encode({"SET", "k\r\n", std::string("\0x", 2), ""}) ==
          std::string("*4\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$2\r\n\0x\r\n$0\r\n\r\n", 36));
}

TEST_CASE("replies are decoded however the network cuts them") {
    check_decode("", {"…"});
    check_decode("+OK\r\n", {"+OK", "…"});
    check_decode("-ERR no\r\n:42\r\n:-1\r\n", {"-ERR no", ":42", ":-1", "…"});
    check_decode("$5\r\nhello\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n", {"\"hello\"", "\"\"", "nil", "nil", "[]", "…"});
    check_decode("$4\r\na\r\nb\r\n", {"\"a\r\nb\"", "…"});
    check_decode("*3\r\n$6\r\nmaster\r\n:448\r\n*1\r\n*3\r\n$2\r\nip\r\n$4\r\nport\r\n$1\r\n7\r\n+OK\r\n",
                 {"[\"master\" :448 [[\"ip\" \"port\" \"7\"]]]", "+OK", "…"});
    check_decode("*2\r\n*0\r\n*-1\r\n", {"[[] nil]", "…"});
    check_decode("*2\r\n+a\r\n", {"…"});
    check_decode("$5\r\nhel", {"…"});
}

TEST_CASE("a long reply is decoded from many pieces") {
    std::string text(3'000'000, 'x');
    CHECK(decode(fmt::format("*2\r\n${}\r\n{}\r\n:1\r\n", text.size(), text), 16384) ==
          Shown{"[\"" + text + "\" :1]", "…"});
}

TEST_CASE("sizes that the peer announces are refused before anything is kept") {
    const std::string hint = "check that the address is that of a Redis or Sentinel";
    CHECK(error_of("*2000000000\r\n") ==
          "REPLY_TOO_LARGE: a reply that announces an array of 2000000000 elements is refused | the limit is 1000000 "
          "elements | " +
              hint);
    CHECK(error_of("*2\r\n:1\r\n*1000001\r\n") ==
          "REPLY_TOO_LARGE: a reply that announces an array of 1000001 elements is refused | the limit is 1000000 "
          "elements | " +
              hint);
    CHECK(error_of("$2000000000\r\n") ==
          "REPLY_TOO_LARGE: a reply that announces a string of 2000000000 bytes is refused | the limit is 67108864 "
          "bytes | " +
              hint);
    CHECK(error_of("*1\r\n$67108865\r\n") ==
          "REPLY_TOO_LARGE: a reply that announces a string of 67108865 bytes is refused | the limit is 67108864 bytes "
          "| " +
              hint);
    CHECK(error_of("$9223372036854775807\r\n") ==
          "REPLY_TOO_LARGE: a reply that announces a string of 9223372036854775807 bytes is refused | the limit is "
          "67108864 bytes | " +
              hint);
    check_decode("$67108864\r\n", {"…"});
    check_decode("*1000000\r\n", {"…"});
}

TEST_CASE("nesting has a limit") {
    std::string seven, eight;
    for (int i = 0; i < 7; ++i) seven += "*1\r\n";
    for (int i = 0; i < 8; ++i) eight += "*1\r\n";
    check_decode(seven + ":1\r\n", {"[[[[[[[:1]]]]]]]", "…"});
    CHECK(error_of(eight) ==
          "REPLY_TOO_LARGE: a reply that is nested too deep is refused | the limit is 7 levels | check that the "
          "address is that of a Redis or Sentinel");
}

TEST_CASE("the elements of all levels together have a limit") {
    std::string bytes = "*2\r\n*600000\r\n";
    for (int i = 0; i < 600'000; ++i) bytes += ":1\r\n";
    bytes += "*600000\r\n";
    for (int i = 0; i < 600'000; ++i) bytes += ":1\r\n";
    auto shown = decode(bytes, bytes.size());
    REQUIRE(shown.size() == 1);
    CHECK(shown[0] ==
          "REPLY_TOO_LARGE: a reply with too many elements is refused | the limit is 1000000 elements | "
          "check that the address is that of a Redis or Sentinel");
}

TEST_CASE("a reply that never ends is refused") {
    Decoder decoder;
    std::string piece(1u << 20, 'x');
    SUBCASE("a line") {
        decoder.feed("+");
        decoder.feed(piece);
        auto reply = decoder.next();
        REQUIRE(!reply);
        CHECK(show(reply.error()) ==
              "REPLY_TOO_LARGE: a reply whose line does not end is refused | the limit is 65536 bytes | "
              "check that the address is that of a Redis or Sentinel");
    }
    SUBCASE("an array of strings") {
        decoder.feed("*1000\r\n");
        Result<std::optional<Value>> reply = std::nullopt;
        for (int i = 0; i < 65 && reply; ++i) {
            decoder.feed(fmt::format("${}\r\n{}\r\n", piece.size(), piece));
            reply = decoder.next();
            if (i < 63) CHECK(reply);
        }
        REQUIRE(!reply);
        CHECK(show(reply.error()) ==
              "REPLY_TOO_LARGE: a reply that is too large is refused | the limit is 67108864 bytes | "
              "check that the address is that of a Redis or Sentinel");
    }
}

TEST_CASE("a peer that is no Redis is named by what it says first") {
    const std::string web = "check the port: a web server listens there";
    CHECK(error_of("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n")
              .starts_with("NOT_REDIS: the peer speaks HTTP, not Redis | it said \"HTTP/1."));
    CHECK(decode("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n", 100) ==
          Shown{"NOT_REDIS: the peer speaks HTTP, not Redis | it said \"HTTP/1.1 400 Bad Request\" | " + web});
    CHECK(decode("<html>\r\n", 100) ==
          Shown{"NOT_REDIS: the peer speaks HTML, not Redis | it said \"<html>\" | " + web});
    CHECK(decode(std::string("\x15\x03\x01\x00\x02\x02\x46", 7), 100)
              .front()
              .starts_with("NOT_REDIS: the peer speaks TLS, not Redis | "));
    CHECK(decode(std::string("\x15\x03\x01\x00\x02\x02\x46", 7), 100).front().ends_with(" | add --tls"));
    CHECK(decode("SSH-2.0-OpenSSH_9.2p1\r\n", 100) ==
          Shown{"NOT_REDIS: the peer speaks SSH, not Redis | it said \"SSH-2.0-OpenSSH_9.2p1\" | check the port: an "
                "SSH server listens there"});
    CHECK(decode("ERROR\r\nERROR\r\n", 100) == Shown{"NOT_REDIS: the peer speaks the memcached protocol, not Redis | "
                                                     "it said \"ERROR\" | check the port: a memcached listens there"});
    CHECK(decode("220 mail ESMTP\r\n", 100) ==
          Shown{"NOT_REDIS: the peer does not speak the Redis protocol | it said \"220 mail ESMTP\\r\\n\" | "});
    // What could still become a name is waited for.
    CHECK(decode("HTT", 1) == Shown{"…"});
    CHECK(error_of("HTX").starts_with("NOT_REDIS: the peer does not speak the Redis protocol"));
    // After a reply it was a Redis, whatever it says now.
    CHECK(decode("+OK\r\nHTTP/1.1\r\n", 100)[1].starts_with("NOT_REDIS: the peer does not speak the Redis protocol"));
    // Refused by protected mode, it is a Redis.
    check_decode("-DENIED Redis is running in protected mode\r\n", {"-DENIED Redis is running in protected mode", "…"});
}

TEST_CASE("types of RESP3 and broken framing are errors") {
    for (std::string_view bytes : {"%1\r\n+a\r\n+b\r\n", ">1\r\n+a\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", "~1\r\n+a\r\n",
                                   "=5\r\ntxt:a\r\n", "(1\r\n"}) {
        CAPTURE(bytes);
        CHECK(error_of(bytes).starts_with("NOT_REDIS: the peer does not speak the Redis protocol"));
        CHECK(error_of("*2\r\n:1\r\n%1\r\n+a\r\n+b\r\n").starts_with("PROTOCOL: "));
    }
    CHECK(error_of("*1\r\nx\r\n").starts_with("PROTOCOL: the reply breaks the Redis protocol | Protocol error"));
}

TEST_CASE("after an error nothing comes any more") {
    Decoder decoder;
    decoder.feed("x");
    auto first = decoder.next();
    decoder.feed("+OK\r\n");
    auto second = decoder.next();
    REQUIRE(!first);
    REQUIRE(!second);
    CHECK(show(first.error()) == show(second.error()));
}

TEST_CASE("a value says what it is when it is read as something else") {
    Value text{Value::Type::string, "12", 0, {}}, word{Value::Type::status, "OK", 0, {}},
        error{Value::Type::error, "ERR secret", 0, {}};
    Value number{Value::Type::integer, "", 7, {}}, array{Value::Type::array, "", 0, {number}}, nil;
    CHECK(text.as_text().value() == "12");
    CHECK(word.as_text().value() == "OK");
    CHECK(text.as_integer().value() == 12);
    CHECK(number.as_integer().value() == 7);
    CHECK(array.as_array().value()->size() == 1);
    CHECK(nil.is_nil());
    CHECK(error.error_word() == "ERR");
    CHECK(word.error_word().empty());
    CHECK(show(number.as_text().error()) == "PROTOCOL: the reply has an integer where text is expected |  | ");
    CHECK(show(error.as_text().error()) == "PROTOCOL: the reply has an error reply where text is expected |  | ");
    CHECK(show(nil.as_integer().error()) == "PROTOCOL: the reply has nil where an integer is expected |  | ");
    CHECK(show(word.as_array().error()) == "PROTOCOL: the reply has a status where an array is expected |  | ");
    CHECK(show(text.as_array().error()) == "PROTOCOL: the reply has a string where an array is expected |  | ");
    CHECK(show(Value{Value::Type::string, "1x", 0, {}}.as_integer().error()) ==
          "PROTOCOL: the reply has other text where an integer is expected |  | ");
}
