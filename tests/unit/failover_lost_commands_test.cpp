#include "failover/lost_commands.h"
#include "redis/codec.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::failover;

namespace {

using Counts = std::map<std::string, int64_t>;

std::string stream(const std::vector<redis::Request>& commands) {
    std::string bytes;
    for (const redis::Request& command : commands) bytes += redis::encode(command);
    return bytes;
}

Commands read(const std::string& bytes) {
    Result<Commands> commands = read_commands(bytes);
    REQUIRE(commands);
    return *commands;
}

}  // namespace

TEST_CASE("What clients wrote is counted, by name and by the beginning of the key") {
    const std::string bytes = stream({{"SELECT", "0"},
                                      {"SET", "user:1", "a"},
                                      {"set", "user:22:name", "b"},
                                      {"DEL", "job7"},
                                      {"BITOP", "AND", "day:1", "a", "b"},
                                      {"EVAL", "return 1", "1", "user:3"},
                                      {"FLUSHALL"}});
    const Commands commands = read(bytes);
    CHECK(commands.writes == 6);
    CHECK(commands.by_name == Counts{{"SET", 2}, {"DEL", 1}, {"BITOP", 1}, {"EVAL", 1}, {"FLUSHALL", 1}});
    CHECK(commands.by_prefix == Counts{{"user:*", 3}, {"job*", 1}, {"day:*", 1}});
    CHECK(commands.text == bytes);
    CHECK_FALSE(commands.cut);
}

TEST_CASE("What the server and redisctl put in between is nobody's write") {
    const Commands commands = read("\n" + stream({{"PING"},
                                                  {"REPLCONF", "GETACK", "*"},
                                                  {"SET", "redisctl:lock", "me"},
                                                  {"DEL", "redisctl:lock"},
                                                  {"SET", "a", "1"}}) +
                                   "\n");
    CHECK(commands.writes == 1);
    CHECK(commands.text == stream({{"SET", "a", "1"}}));
    CHECK_FALSE(commands.cut);
}

TEST_CASE("A transaction is kept whole or not at all") {
    const std::string whole = stream({{"MULTI"}, {"SET", "a", "1"}, {"INCR", "a"}, {"EXEC"}});
    CHECK(read(whole).writes == 2);
    CHECK(read(whole).text == whole);
    for (size_t end = 1; end < whole.size(); end++) {
        const Commands commands = read(stream({{"SET", "b", "1"}}) + whole.substr(0, end));
        CHECK(commands.writes == 1);
        CHECK(commands.text == stream({{"SET", "b", "1"}}));
        CHECK(commands.cut);
    }
}

TEST_CASE("The last command of a stream that is cut off is left out") {
    const std::string bytes = stream({{"SET", "a", std::string("\r\n*1\r\n$4\r\n\0", 11)}});
    for (size_t end = 1; end < bytes.size(); end++) {
        const Commands commands = read(bytes.substr(0, end));
        CHECK(commands.writes == 0);
        CHECK(commands.text.empty());
        CHECK(commands.cut);
    }
    CHECK(read(bytes).writes == 1);
}

TEST_CASE("What is no stream of commands is told by its place") {
    for (const char* bytes : {"+OK\r\n", "*1\r\n+OK\r\n", "*-1\r\n", "*x\r\n", "*1\r\n$3\r\nSETxx",
                              "*99999999999999999999999999999999999999\r\n"}) {
        CAPTURE(bytes);
        const Result<Commands> commands = read_commands(bytes);
        REQUIRE_FALSE(commands);
        CHECK(commands.error().code == ErrorCode::protocol);
        CHECK(commands.error().message == "the replication stream cannot be read");
    }
}

TEST_CASE("The database at the end is found from the middle of a stream") {
    const std::string bytes = stream({{"SELECT", "3"}, {"SET", "a", "1"}, {"SELECT", "12"}, {"SET", "b", "2"}});
    CHECK(last_selected(bytes) == 12);
    CHECK(last_selected(bytes.substr(5)) == 12);
    CHECK(last_selected(bytes.substr(0, 40)) == 3);
    CHECK(last_selected(stream({{"SET", "a", "1"}})) == std::nullopt);
    CHECK(last_selected("") == std::nullopt);
    CHECK(last_selected(bytes.substr(0, 20)) == std::nullopt);
}

TEST_CASE("A key is known by its beginning") {
    CHECK(key_prefix("user:1:name") == "user:*");
    CHECK(key_prefix("job123") == "job*");
    CHECK(key_prefix("plain") == "plain");
    CHECK(key_prefix("42") == "*");
    CHECK(key_prefix(":a") == ":a");
    CHECK(key_prefix(std::string(100, 'x')) == std::string(40, 'x') + "*");
}
