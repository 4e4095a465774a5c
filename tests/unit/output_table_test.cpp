#include "output/table.h"

#include <doctest/doctest.h>

using namespace redisctl;
using namespace redisctl::output;

namespace {

const Table kTable{
    "default/redis",
    {{"NODE"}, {"ROLE"}, {"OFFSET", Show::always, Align::right}, {"K8S-NODE", Show::wide_only}},
    {{"redis-0", "master", 1234, "n1"}, {"redis-10", {"replica", Tone::good}, std::optional<int64_t>(), ""}}};
const Terminal kPipe{};

}  // namespace

TEST_CASE("columns are aligned, no line ends with blanks, and what is empty is a dash") {
    CHECK(render_table(kTable, Detail::normal, Headers::shown, kPipe) ==
          "default/redis\n"
          "NODE       ROLE      OFFSET\n"
          "redis-0    master      1234\n"
          "redis-10   replica        -\n");
}

TEST_CASE("wide shows the columns that are only for it") {
    CHECK(render_table(kTable, Detail::wide, Headers::shown, kPipe) ==
          "default/redis\n"
          "NODE       ROLE      OFFSET   K8S-NODE\n"
          "redis-0    master      1234   n1\n"
          "redis-10   replica        -   -\n");
}

TEST_CASE("without headers there are only rows, as narrow as they can be") {
    CHECK(render_table(kTable, Detail::normal, Headers::hidden, kPipe) ==
          "redis-0    master    1234\n"
          "redis-10   replica      -\n");
}

TEST_CASE("a table without columns to show is nothing, one without rows its titles, and a heading may have two lines") {
    CHECK(render_table({"heading", {{"A", Show::wide_only}}, {{"x"}}}, Detail::normal, Headers::shown, kPipe) == "");
    CHECK(render_table({"one\ntwo", {{"A"}, {"B"}}, {}}, Detail::normal, Headers::shown, kPipe) == "one\ntwo\nA   B\n");
}

TEST_CASE("text from a server cannot move the cursor nor break the alignment") {
    Table table{"", {{"NAME"}, {"X"}}, {{"\x1b[2J", "1"}, {"\xe4\xb8\xad\xe6\x96\x87", "2"}, {"a\nb", "3"}}};
    CHECK(render_table(table, Detail::normal, Headers::shown, kPipe) ==
          "NAME      X\n"
          "\\x1b[2J   1\n"
          "\xe4\xb8\xad\xe6\x96\x87      2\n"
          "a\\nb      3\n");
}

TEST_CASE("colours are around the text, not around the blanks") {
    Terminal color{true, true, 80};
    CHECK(render_table({"", {{"ROLE"}, {"X"}}, {{{"up", Tone::good}, {"no", Tone::bad}}}}, Detail::normal,
                       Headers::shown, color) ==
          "\x1b[1mROLE\x1b[0m   \x1b[1mX\x1b[0m\n"
          "\x1b[32mup\x1b[0m     \x1b[31mno\x1b[0m\n");
}

TEST_CASE("on a narrow terminal the widest left column is cut, in a pipe and with wide nothing is") {
    Table table{"",
                {{"NODE"}, {"MESSAGE"}, {"N", Show::always, Align::right}},
                {{"redis-0", "the link to the master is down", 123456789012}}};
    std::string whole =
        "NODE      MESSAGE                                     N\n"
        "redis-0   the link to the master is down   123456789012\n";
    CHECK(render_table(table, Detail::normal, Headers::shown, {true, false, 40}) ==
          "NODE      MESSAGE                      N\n"
          "redis-0   the link to th\xe2\x80\xa6   123456789012\n");
    CHECK(render_table(table, Detail::normal, Headers::shown, {true, false, 55}) == whole);
    CHECK(render_table(table, Detail::wide, Headers::shown, {true, false, 40}) == whole);
    CHECK(render_table(table, Detail::normal, Headers::shown, {false, false, 40}) == whole);
    // There is an end to cutting: below it the terminal wraps.
    CHECK(render_table(table, Detail::normal, Headers::hidden, {true, false, 5}) ==
          "redis-0   the link to\xe2\x80\xa6   123456789012\n");
}
