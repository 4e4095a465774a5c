#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace {

const std::filesystem::path root = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();

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

TEST_CASE("Every finding's code stands in docs/findings.md, and no other") {
    std::string sources;
    for (const char* file : {"node_findings.cpp", "master_findings.cpp", "surroundings_findings.cpp", "council_findings.cpp"})
        sources += text_of(root / "topology" / file);
    auto codes = words(sources, "\"([A-Z]+(?:_[A-Z]+)*)\"");
    for (const char* reason : {"NOT_RUNNING", "DIAGNOSTIC_MODE"}) codes.erase(reason);
    REQUIRE(codes.size() > 20);
    for (const char* folder : {"clients", "commands"})
        for (const auto& file : std::filesystem::directory_iterator(root / folder))
            codes.merge(words(text_of(file.path()), "\"((?:HAPROXY|CLIENTS)_[A-Z_]+)\""));
    REQUIRE(codes.size() > 60);
    CHECK(words(text_of(root / "docs" / "findings.md"), "\n\\| `([A-Z_]+)` \\|") == codes);
}
