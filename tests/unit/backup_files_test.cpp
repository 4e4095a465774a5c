#include "backup/manifest.h"
#include "backup/new_file.h"
#include "backup/sha256.h"
#include "backup/shelf.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>

using namespace redisctl;
using namespace redisctl::backup;
using test::TempDir;

namespace {

Manifest example(const std::string& instance, const std::string& second) {
    Manifest manifest;
    manifest.id = "20261122T0330" + second + "Z-00000001";
    manifest.time = "2026-11-22T03:30:" + second + "Z";
    manifest.ns = "default";
    manifest.instance = instance;
    manifest.node = instance + "-1";
    manifest.role = "replica";
    manifest.keys = {{0, {12, 3}}, {15, {1, 0}}};
    manifest.checksum = "good";
    manifest.file = file_stem(manifest) + ".rdb";
    manifest.bytes = 3;
    return manifest;
}

void put(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("a manifest is read as it was written") {
    const Manifest manifest = example("redis", "00");
    const auto again = parse_manifest(manifest_text(manifest));
    REQUIRE(again);
    CHECK(to_json(*again) == to_json(manifest));
    CHECK(again->keys == manifest.keys);
    CHECK(again->full_name() == "default/redis");
}

TEST_CASE("what is no manifest of ours, or names a file elsewhere, is none") {
    for (const char* text : {"", "[]", "{}", "{\"kind\":\"BackupManifest\"}", "{\"kind\":3}"}) {
        CAPTURE(text);
        CHECK(!parse_manifest(text));
    }
    for (const char* file : {"../dump.rdb", "/etc/passwd", ".hidden", ""}) {
        CAPTURE(file);
        Manifest manifest = example("redis", "00");
        manifest.file = file;
        CHECK(!parse_manifest(manifest_text(manifest)));
    }
}

TEST_CASE("a file's name holds nothing that a file system or a shell would take otherwise") {
    Manifest manifest = example("db1:6379", "00");
    CHECK(file_stem(manifest) == "default-db1_6379-20261122T033000Z-00000001");
    manifest.ns.clear();
    manifest.instance = "../a b";
    CHECK(file_stem(manifest) == "_.._a_b-20261122T033000Z-00000001");
}

TEST_CASE("the sum is that of sha256sum") {
    Sha256 sum;
    sum.add("a");
    sum.add("bc");
    CHECK(sum.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a file is there as a whole or not at all") {
    const TempDir dir;
    const std::string folder = dir.path() + "/new";
    {
        auto file = NewFile::create(folder, "a.rdb");
        REQUIRE(file);
        CHECK(file->write("abc"));
        CHECK(std::filesystem::exists(folder + "/" + unfinished_name("a.rdb")));
        CHECK(!std::filesystem::exists(folder + "/a.rdb"));
    }
    CHECK(std::filesystem::is_empty(folder));
    auto file = NewFile::create(folder, "a.rdb");
    REQUIRE(file);
    CHECK(file->write("abc"));
    CHECK(file->sync());
    CHECK(file->keep());
    CHECK(std::filesystem::file_size(folder + "/a.rdb") == 3);
    CHECK(!std::filesystem::exists(folder + "/" + unfinished_name("a.rdb")));
}

TEST_CASE("only the same instance's older backups are more than are to be kept") {
    const TempDir dir;
    const std::string& folder = dir.path();
    for (const Manifest& manifest :
         {example("redis", "01"), example("redis", "03"), example("redis", "02"), example("other", "00")}) {
        put(folder + "/" + manifest_name(manifest), manifest_text(manifest));
        put(folder + "/" + manifest.file, "abc");
    }
    put(folder + "/foreign.json", "{\"kind\":\"Pod\"}");
    put(folder + "/broken.json", "{\"kind\":\"BackupManifest\"");
    put(folder + "/" + unfinished_name("x.rdb"), "");
    const auto shelf = read_shelf(folder);
    REQUIRE(shelf);
    CHECK(shelf->backups.size() == 4);
    CHECK(shelf->unreadable.size() == 1);
    CHECK(shelf->unfinished == std::vector<std::string>{".x.rdb.part"});
    const auto old = surplus(*shelf, example("redis", "03"), 2);
    REQUIRE(old.size() == 1);
    CHECK(old[0].manifest.time == "2026-11-22T03:30:01Z");
    CHECK(surplus(*shelf, example("redis", "03"), 3).empty());
    CHECK(surplus(*shelf, example("new", "03"), 0).empty());
    // The clock was set back, or two were made in one second: the one that was just made stays.
    const auto others = surplus(*shelf, example("redis", "01"), 1);
    REQUIRE(others.size() == 2);
    CHECK(others[0].manifest.time == "2026-11-22T03:30:02Z");
    REQUIRE(remove(old[0]));
    CHECK(!std::filesystem::exists(old[0].path));
    CHECK(!std::filesystem::exists(old[0].manifest_path));
    CHECK(read_shelf(folder)->backups.size() == 3);
    CHECK(read_shelf(folder + "/none").error().code == ErrorCode::not_found);
}
