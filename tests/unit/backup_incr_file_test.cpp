#include "backup/incr_file.h"
#include "redis/codec.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace redisctl;
using namespace redisctl::backup;
using redis::encode;
using test::TempDir;

namespace {

struct Kept {
    std::string text, sha256;
    uint64_t size = 0, commands = 0;
    int64_t offset = 0;
};

// What becomes of a stream that breaks there and that came in pieces of this size.
Kept kept(const std::string& stream, size_t piece) {
    const TempDir dir;
    auto file = NewFile::create(dir.path(), "incr");
    REQUIRE(file);
    IncrFile incr(std::move(*file), 1000, 3);
    for (size_t at = 0; at < stream.size(); at += piece) REQUIRE(incr.feed(std::string_view(stream).substr(at, piece)));
    CHECK(incr.received() == 1000 + static_cast<int64_t>(stream.size()));
    REQUIRE(incr.finish());
    REQUIRE(incr.file().keep());
    std::ifstream in(dir.path() + "/incr", std::ios::binary);
    return {{std::istreambuf_iterator<char>(in), {}}, incr.sha256(), incr.size(), incr.commands(), incr.offset()};
}

std::string sum_of(const std::string& text) {
    Sha256 sha256;
    sha256.add(text);
    return sha256.hex();
}

const std::string selected = encode({"SELECT", "3"}), ping = encode({"PING"}), set = encode({"set", "a\r\n*1\r\n", ""}),
                  multi = encode({"MULTI"}), exec = encode({"EXEC"});

}  // namespace

TEST_CASE("an AOF holds what replicas are told, but for what is only for them") {
    const std::string stream = ping + set + encode({"REPLCONF", "GETACK", "*"}) + multi + set +
                               encode({"PUBLISH", "news", "x"}) + exec + ping;
    for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, stream.size()}) {
        const Kept incr = kept(stream, piece);
        CHECK(incr.text == selected + set + multi + set + exec);
        CHECK(incr.commands == 5);
        CHECK(incr.offset == 1000 + static_cast<int64_t>(stream.size()));
        CHECK(incr.size == incr.text.size());
        CHECK(incr.sha256 == sum_of(incr.text));
    }
}

TEST_CASE("it ends between two commands, and in no transaction, wherever the stream breaks") {
    const std::string whole = set + multi + set + set + exec + ping + set;
    for (size_t length = 0; length <= whole.size(); length++) {
        const Kept incr = kept(whole.substr(0, length), 5);
        std::string wanted = selected;
        if (length >= set.size()) wanted += set;
        if (length >= whole.size() - set.size() - ping.size()) wanted += multi + set + set + exec;
        if (length == whole.size()) wanted += set;
        CHECK(incr.text == wanted);
        CHECK(incr.sha256 == sum_of(wanted));
        CHECK(incr.offset <= 1000 + static_cast<int64_t>(length));
    }
}

TEST_CASE("a command or a transaction too long to be held is in the file whole or not at all") {
    const std::string large = encode({"SET", "large", std::string(3u << 20, 'x')});
    const std::string after = set + large + multi + large + large;
    Kept incr = kept(after, 64u << 10);
    CHECK((incr.text == selected + set + large));
    CHECK(incr.sha256 == sum_of(incr.text));
    CHECK(incr.commands == 3);
    incr = kept(after + exec + set, 64u << 10);
    CHECK((incr.text == selected + after + exec + set));
    CHECK(incr.sha256 == sum_of(incr.text));
    incr = kept(set + large.substr(0, large.size() - 1), 64u << 10);
    CHECK((incr.text == selected + set));
    CHECK(incr.sha256 == sum_of(incr.text));
}

TEST_CASE("what is no command is an error, and what came before it stays") {
    for (const std::string wrong : {"+OK\r\n", "*0\r\n", "*-1\r\n", "*1\r\n+PING\r\n", "*1\r\n$-1\r\n", "*1\n", "\r\n",
                                    "*1\r\n$4\r\nPINGxx", "*1111111111111111111111111111111111111"}) {
        const TempDir dir;
        auto file = NewFile::create(dir.path(), "incr");
        REQUIRE(file);
        IncrFile incr(std::move(*file), 0, 0);
        REQUIRE(incr.feed(set));
        const auto fed = incr.feed(wrong);
        REQUIRE(!fed);
        CHECK(fed.error().reason == "NO_COMMANDS");
        CHECK(incr.offset() == static_cast<int64_t>(set.size()));
        CHECK(incr.finish());
    }
}
