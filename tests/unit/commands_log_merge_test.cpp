#include "commands/log_merge.h"

#include <doctest/doctest.h>

#include <string>

using namespace redisctl;

namespace {

kube::LogLine line(int second, const std::string& text) {
    return {"2026-01-31T10:00:0" + std::to_string(second) + "Z", text};
}

std::string texts(const std::vector<LogMerge::Line>& lines) {
    std::string all;
    for (const LogMerge::Line& one : lines) all += one.line.text;
    return all;
}

const TimePoint now = SteadyClock::now();

}  // namespace

TEST_CASE("a line waits until no earlier one can come") {
    LogMerge merge(Millis::max());
    const size_t a = merge.add(), b = merge.add();
    merge.push(a, line(1, "a"), now);
    merge.push(a, line(3, "c"), now);
    CHECK(texts(merge.take(now + std::chrono::hours(1))) == "");
    CHECK(merge.next().is_never());
    merge.push(b, line(2, "b"), now);
    CHECK(texts(merge.take(now)) == "ab");
    merge.end(b);
    CHECK(texts(merge.take(now)) == "c");
}

TEST_CASE("a log that is followed and silent holds nobody up for longer than the patience") {
    LogMerge merge(Millis(300));
    const size_t a = merge.add();
    merge.add();
    merge.push(a, line(5, "late"), now);
    CHECK(texts(merge.take(now + Millis(299))) == "");
    CHECK(merge.next().at() == now + Millis(300));
    CHECK(texts(merge.take(now + Millis(300))) == "late");
    CHECK(merge.next().is_never());
}

TEST_CASE("a line without a time stays behind the one before it") {
    LogMerge merge(Millis::max());
    const size_t a = merge.add(), b = merge.add();
    merge.push(a, line(1, "1"), now);
    merge.push(a, {"", "2"}, now);
    merge.push(b, line(2, "3"), now);
    merge.end(a);
    merge.end(b);
    CHECK(texts(merge.take(now)) == "123");
}

TEST_CASE("a log that ended is waited for again once it is open") {
    LogMerge merge(Millis::max());
    const size_t a = merge.add(), b = merge.add();
    merge.end(b);
    merge.push(a, line(1, "a"), now);
    CHECK(texts(merge.take(now)) == "a");
    merge.open(b);
    merge.push(a, line(2, "c"), now);
    CHECK(texts(merge.take(now)) == "");
    merge.push(b, line(1, "b"), now);
    CHECK(texts(merge.take(now)) == "b");
    merge.end(b);
    CHECK(texts(merge.take(now)) == "c");
}
