// YAML as another program reads it. Here because the tests of cli/ link yaml-cpp, and those of output/ do not.
#include "output/json_text.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

using namespace redisctl::output;
using Json = nlohmann::ordered_json;

namespace {

// What any reader of YAML 1.1 or 1.2 may take for something else, and what could end a plain scalar.
const std::vector<std::string> kStrings{"",
                                        "redis-0",
                                        "10.1.2.3:6379",
                                        "7.0.15",
                                        "null",
                                        "Null",
                                        "~",
                                        "true",
                                        "FALSE",
                                        "yes",
                                        "No",
                                        "on",
                                        "off",
                                        "y",
                                        "N",
                                        "0",
                                        "007",
                                        "0x1f",
                                        "0o17",
                                        "1e3",
                                        "1_000",
                                        "12:30:45",
                                        "2026-01-31",
                                        ".5",
                                        ".inf",
                                        "-.INF",
                                        ".nan",
                                        "NaN",
                                        "-",
                                        "- a",
                                        "--- ",
                                        "...",
                                        "?",
                                        "? a",
                                        ":",
                                        "a: b",
                                        "a:",
                                        "a:b",
                                        ":a",
                                        "a #b",
                                        "#a",
                                        "a# b",
                                        "[1,2]",
                                        "{a}",
                                        "*a",
                                        "&a",
                                        "!a",
                                        "!!str a",
                                        "|",
                                        ">",
                                        "%a",
                                        "@a",
                                        "`a",
                                        "'a'",
                                        "\"a\"",
                                        "a\"b",
                                        "a\\b",
                                        " a",
                                        "a ",
                                        "a  b",
                                        "a\nb",
                                        "a\n",
                                        "\ta",
                                        "a\tb",
                                        "\x1b[31m",
                                        "K\xc3\xb6ln",
                                        "\xf0\x9f\x98\x80",
                                        "\xe2\x80\xae",
                                        "\xf3\xa0\x81\x81",
                                        "\xef\xbb\xbf",
                                        "=",
                                        "<<",
                                        "a,b",
                                        "slave0",
                                        "redis-0 (10.0.0.1) is the master",
                                        "key=value",
                                        "redisctl/v1",
                                        "Secret redis/redis-password (env REDIS_PASSWORD)",
                                        "a - b",
                                        "http://x",
                                        "x]",
                                        "x}"};

// A plain scalar must be no number and no bool to yaml-cpp; a quoted one carries the tag "!".
bool is_string(const YAML::Node& node) {
    bool b = false;
    double d = 0;
    return node.Tag() == "!" ||
           (!node.IsNull() && !YAML::convert<bool>::decode(node, b) && !YAML::convert<double>::decode(node, d));
}

void check_same(const YAML::Node& node, const Json& json) {
    CAPTURE(json.dump());
    if (json.is_object()) {
        REQUIRE(node.IsMap());
        REQUIRE(node.size() == json.size());
        for (const auto& [key, value] : json.items()) check_same(node[key], value);
    } else if (json.is_array()) {
        REQUIRE(node.IsSequence());
        REQUIRE(node.size() == json.size());
        for (size_t i = 0; i < json.size(); ++i) check_same(node[i], json[i]);
    } else if (json.is_string()) {
        REQUIRE(node.IsScalar());
        CHECK(is_string(node));
        CHECK(node.Scalar() == json.get<std::string>());
    } else if (json.is_null()) {
        CHECK(node.IsNull());
    } else {
        CHECK(node.Tag() == "?");
        CHECK(node.Scalar() == json.dump());
    }
}

}  // namespace

TEST_CASE("every string is read back from YAML as that string, as value and as key") {
    Json list = Json::array(), object = Json::object();
    for (const std::string& text : kStrings) {
        list.push_back(text);
        object[text] = text;
    }
    check_same(YAML::Load(yaml_text(list)), list);
    check_same(YAML::Load(yaml_text(object)), object);
}

TEST_CASE("a tree is read back from YAML as it was") {
    Json json{{"kind", "Role"},
              {"context", nullptr},
              {"port", 6379},
              {"ok", true},
              {"empty", Json::array()},
              {"none", Json::object()},
              {"items", Json::array({Json{{"name", "a"}, {"deep", {{"x", Json::array({1, "2"})}}}}, "on",
                                     Json::array({Json::array({1}), 2})})}};
    check_same(YAML::Load(yaml_text(json)), json);
}
