#include "backup/check.h"
#include "backup/new_backup.h"
#include "backup/shelf.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace redisctl;
using namespace redisctl::backup;
using test::TempDir;

namespace {

Manifest example() {
    Manifest manifest;
    manifest.id = "20261122T033000Z-00000001";
    manifest.time = "2026-11-22T03:30:00Z";
    manifest.instance = "redis";
    return manifest;
}

size_t files_in(const std::string& folder) {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("parts are there with their manifest, and not before") {
    const TempDir dir;
    {
        auto begun = NewBackup::begin(dir.path(), example());
        REQUIRE(begun);
        REQUIRE(begun->add("config", "redis-0", ".conf", "port 6379\n"));
        CHECK(read_shelf(dir.path())->backups.empty());
    }
    CHECK(files_in(dir.path()) == 0);
    auto backup = NewBackup::begin(dir.path(), example());
    REQUIRE(backup);
    REQUIRE(backup->add("config", "db1:6379", ".conf", "port 6379\n"));
    REQUIRE(backup->add("k8s", "secrets", objects_ending, "{\"kind\":\"BackupManifest\"}"));
    REQUIRE(backup->keep());
    const auto shelf = read_shelf(dir.path());
    REQUIRE(shelf);
    CHECK(shelf->unreadable.empty());
    REQUIRE(shelf->backups.size() == 1);
    const Shelved& shelved = shelf->backups[0];
    CHECK(shelved.state == "ok");
    CHECK(shelved.path == shelved.manifest_path);
    CHECK(shelved.manifest.contents() == "config+k8s");
    CHECK(shelved.manifest.parts[0].file == "redis-20261122T033000Z-00000001.db1_6379.conf");
    CHECK(check_parts(dir.path(), shelved.manifest)->at(0).ok == true);
    REQUIRE(remove(shelved));
    CHECK(files_in(dir.path()) == 0);
}

TEST_CASE("no backup replaces another of the same id") {
    const TempDir dir;
    auto first = NewBackup::begin(dir.path(), example());
    REQUIRE(first->add("config", "redis-0", ".conf", "one"));
    REQUIRE(first->keep());
    const auto second = NewBackup::begin(dir.path(), example());
    REQUIRE(!second);
    CHECK(second.error().code == ErrorCode::conflict);
}

TEST_CASE("what cannot get its name leaves none of the others") {
    const TempDir dir;
    auto backup = NewBackup::begin(dir.path(), example());
    REQUIRE(backup->add("config", "redis-0", ".conf", "one"));
    REQUIRE(backup->add("config", "redis-1", ".conf", "two"));
    // A folder is in the way of the second.
    std::filesystem::create_directories(dir.path() + "/redis-20261122T033000Z-00000001.redis-1.conf/x");
    CHECK(!backup->keep());
    CHECK(!std::filesystem::exists(dir.path() + "/redis-20261122T033000Z-00000001.redis-0.conf"));
    CHECK(read_shelf(dir.path())->backups.empty());
}

TEST_CASE("what is missing, changed or of another size is seen") {
    const TempDir dir;
    auto backup = NewBackup::begin(dir.path(), example());
    REQUIRE(backup->add("config", "redis-0", ".conf", "one"));
    backup->miss("config", "redis-1", {ErrorCode::unreachable, "redis-1 does not answer", "refused", {}, {}});
    REQUIRE(backup->keep());
    const auto state = [&] { return read_shelf(dir.path())->backups.at(0).state; };
    const Manifest manifest = read_shelf(dir.path())->backups.at(0).manifest;
    CHECK(state() == "incomplete");
    CHECK(manifest.missing[0].why == "redis-1 does not answer: refused");
    const auto checks = check_parts(dir.path(), manifest);
    REQUIRE(checks->size() == 2);
    CHECK(checks->at(1).ok == false);
    const std::string path = dir.path() + "/" + manifest.parts[0].file;
    std::ofstream(path) << "two";
    CHECK(check_parts(dir.path(), manifest)->at(0).ok == false);
    std::ofstream(path) << "three";
    CHECK(state() == "size");
    std::filesystem::remove(path);
    CHECK(state() == "missing");
    CHECK(check_parts(dir.path(), manifest)->at(0).ok == false);
}

TEST_CASE("a manifest whose part lies elsewhere is none") {
    for (const char* file : {"../redis.conf", "/etc/passwd", ".hidden", ""}) {
        CAPTURE(file);
        Manifest manifest = example();
        manifest.parts.push_back({"config", "redis-0", file, 1, "", false});
        CHECK(!parse_manifest(manifest_text(manifest)));
    }
}
