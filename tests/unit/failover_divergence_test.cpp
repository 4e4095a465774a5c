#include "failover/divergence.h"
#include "fleet/replication_stream.h"

#include <doctest/doctest.h>

#include <string>

using namespace redisctl;
using namespace redisctl::failover;
using redis::NodeView;
using redis::Role;

namespace {

NodeView master(const std::string& replid, int64_t offset) {
    NodeView view;
    view.role = Role::master;
    view.replid = replid;
    view.master_offset = offset;
    view.backlog_active = true;
    view.backlog_first = 1;
    view.backlog_histlen = offset;
    return view;
}

// A replica of `from` that became a master when it had `shared` bytes of it.
NodeView promoted(const std::string& replid, int64_t offset, const std::string& from, int64_t shared) {
    NodeView view = master(replid, offset);
    view.replid2 = from;
    view.second_offset = shared + 1;
    return view;
}

NodeView replica(const std::string& replid, int64_t applied) {
    NodeView view = master(replid, applied);
    view.role = Role::replica;
    view.applied_offset = applied;
    view.link_up = true;
    return view;
}

void check(const Divergence& found, const std::string& replid, int64_t shared, std::optional<int64_t> first,
           std::optional<int64_t> second) {
    CHECK(found.replid == replid);
    CHECK(found.shared == shared);
    CHECK(found.only_first == first);
    CHECK(found.only_second == second);
}

}  // namespace

TEST_CASE("A master and the replica that was promoted beside it part where the replica was promoted") {
    check(compare(master("old", 500), promoted("new", 700, "old", 300)), "old", 300, 200, 400);
    check(compare(promoted("new", 700, "old", 300), master("old", 500)), "old", 300, 400, 200);
}

TEST_CASE("Who was promoted ahead of the other has all of it") {
    check(compare(master("old", 300), promoted("new", 300, "old", 300)), "old", 300, 0, 0);
    check(compare(master("old", 200), promoted("new", 300, "old", 300)), "old", 200, 0, 100);
}

TEST_CASE("Two that were promoted from one history part where the first of them was") {
    check(compare(promoted("a", 500, "old", 300), promoted("b", 400, "old", 350)), "old", 300, 200, 100);
}

TEST_CASE("Of two histories in common the longer one counts") {
    NodeView first = promoted("b", 900, "a", 300);
    NodeView second = replica("b", 600);
    second.replid2 = "a";
    second.second_offset = 301;
    check(compare(first, second), "b", 600, 300, 0);
}

TEST_CASE("A replica has what it applied") {
    check(compare(replica("old", 250), master("old", 400)), "old", 250, 0, 150);
    CHECK(offset_of(replica("old", 250)) == 250);
    CHECK(offset_of(master("old", 400)) == 400);
}

TEST_CASE("What cannot be known is not guessed") {
    SUBCASE("no history in common") {
        const Divergence found = compare(master("a", 5), master("b", 5));
        CHECK(found.why == "they have no replication history in common");
        CHECK(found.only_first == std::nullopt);
        CHECK(found.only_second == std::nullopt);
    }
    SUBCASE("two masters under one id") {
        const Divergence found = compare(master("a", 5), master("a", 9));
        CHECK(found.why == "both are masters under one replication id, so that their offsets cannot be told apart");
        CHECK(found.only_first == std::nullopt);
    }
    SUBCASE("a master without backlog counts nothing") {
        NodeView alone = master("old", 300);
        alone.backlog_active = false;
        const Divergence found = compare(alone, promoted("new", 400, "old", 300));
        CHECK(found.only_first == std::nullopt);
        CHECK(found.only_second == 100);
    }
}

TEST_CASE("What of a history can still be read") {
    const NodeView view = promoted("new", 700, "old", 300);
    CHECK(fleet::why_not_in_backlog(view, {"new", 701}) == "");
    CHECK(fleet::why_not_in_backlog(view, {"new", 500}) == "");
    CHECK(fleet::why_not_in_backlog(view, {"old", 301}) == "");
    CHECK(fleet::why_not_in_backlog(view, {"old", 302}) == "its backlog is of another history");
    CHECK(fleet::why_not_in_backlog(view, {"else", 1}) == "its backlog is of another history");
    CHECK(fleet::why_not_in_backlog(view, {"new", 702}) == "its backlog ends before byte 702");
    NodeView late = view;
    late.backlog_first = 600;
    late.backlog_histlen = 101;
    CHECK(fleet::why_not_in_backlog(late, {"new", 599}) == "its backlog begins at byte 600, and byte 599 is wanted");
    late.backlog_active = false;
    CHECK(fleet::why_not_in_backlog(late, {"new", 650}) == "it keeps no backlog");
    NodeView cut = replica("old", 300);
    cut.link_up = false;
    CHECK(fleet::why_not_in_backlog(cut, {"old", 300}) ==
          "it is a replica without link, and such a one does not show its history");
}
