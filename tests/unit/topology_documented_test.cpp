#include "topology/finding_codes.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <string_view>

using namespace redisctl::topology;

namespace {

const std::filesystem::path root = REDISCTL_SOURCES;

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> words(const std::string& text, const char* pattern) {
    std::set<std::string> out;
    std::regex expression(pattern);
    for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it) out.insert((*it)[1]);
    return out;
}

}  // namespace

TEST_CASE("Every code that a finding can have is explained, and no other") {
    std::string sources;
    for (const char* file : {"node_findings.cpp", "master_findings.cpp", "surroundings_findings.cpp",
                             "service_verdict.cpp", "council_findings.cpp", "operator.cpp"})
        sources += text_of(root / "topology" / file);
    auto codes = words(sources, "\"([A-Z]+(?:_[A-Z]+)*)\"");
    for (const char* reason : {"NOT_RUNNING", "DIAGNOSTIC_MODE"}) codes.erase(reason);
    for (const char* file :
         {"condition_findings.cpp", "condition_pods.cpp", "condition_names.cpp", "condition_wishes.cpp"})
        codes.merge(words(text_of(root / "failover" / file), "\"([A-Z]+(?:_[A-Z]+)+)\""));
    // Those of single commands.
    for (const char* file : {"look.cpp", "replica_lag.cpp", "version.cpp"})
        codes.merge(words(text_of(root / "commands" / file), "\"([A-Z]+(?:_[A-Z]+)+)\""));
    for (const char* folder : {"clients", "commands"})
        for (const auto& entry : std::filesystem::directory_iterator(root / folder))
            codes.merge(words(text_of(entry.path()), "\"((?:HAPROXY|CLIENTS|BACKUP|UPGRADE|SNAPSHOT_AS)_[A-Z_]+)\""));
    std::set<std::string> explained;
    for (const FindingCode& one : finding_codes()) CHECK(explained.emplace(one.code).second);
    CHECK(explained == codes);
}

TEST_CASE("Codes under one heading stand together, and each says what it means") {
    std::set<std::string_view> closed;
    std::string_view heading;
    for (const FindingCode& one : finding_codes()) {
        CAPTURE(one.code);
        if (one.about != heading) CHECK(closed.insert(one.about).second);
        heading = one.about;
        CHECK(!one.means.empty());
        CHECK(one.means.find('|') == std::string_view::npos);
        CHECK(find_code(one.code) == &one);
    }
    CHECK(find_code("NOTHING") == nullptr);
}
