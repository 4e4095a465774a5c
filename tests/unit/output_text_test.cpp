#include "output/json_text.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace redisctl::output;
using Json = nlohmann::ordered_json;

namespace {

const std::vector<std::string> kStrings{"",
                                        "redis-0",
                                        "a\"b",
                                        "a\\b",
                                        "a\nb",
                                        "\ta",
                                        "\x1b[31m",
                                        "K\xc3\xb6ln",
                                        "\xf0\x9f\x98\x80",
                                        "\xe2\x80\xae",
                                        "\xf3\xa0\x81\x81",
                                        "\xef\xbb\xbf"};

}  // namespace

TEST_CASE("YAML has the same tree as JSON, in kubectl's style") {
    Json json{{"kind", "Role"},
              {"context", nullptr},
              {"port", 6379},
              {"ok", true},
              {"empty", Json::array()},
              {"none", Json::object()},
              {"items", Json::array({Json{{"name", "a"}, {"deep", {{"x", Json::array({1, "2"})}}}}, "on",
                                     Json::array({Json::array({1}), 2})})}};
    CHECK(yaml_text(json) ==
          "kind: Role\n"
          "context: null\n"
          "port: 6379\n"
          "ok: true\n"
          "empty: []\n"
          "none: {}\n"
          "items:\n"
          "- name: a\n"
          "  deep:\n"
          "    x:\n"
          "    - 1\n"
          "    - \"2\"\n"
          "- \"on\"\n"
          "- - - 1\n"
          "  - 2\n");
}

TEST_CASE("every string is read back from JSON as that string, and no control reaches the terminal") {
    Json list = Json::array();
    for (const std::string& text : kStrings) list.push_back(text);
    for (Layout layout : {Layout::indented, Layout::line}) CHECK(Json::parse(json_text(list, layout)) == list);
    CHECK(json_text({"a\x1b\x7f\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81\xc3\xb6"}, Layout::line) ==
          "[\"a\\u001b\\u007f\\u009b\\u202e\\udb40\\udc41\xc3\xb6\"]\n");
}

TEST_CASE("broken UTF-8 becomes the replacement character in JSON and YAML") {
    Json json{{"reply",
               "a\xff"
               "b"}};
    CHECK(json_text(json, Layout::line) ==
          "{\"reply\":\"a\xef\xbf\xbd"
          "b\"}\n");
    CHECK(yaml_text(json) ==
          "reply: \"a\xef\xbf\xbd"
          "b\"\n");
}

TEST_CASE("documents are indented by two, events stand on one line") {
    Json json{{"a", 1}, {"b", {{"c", nullptr}}}};
    CHECK(json_text(json, Layout::indented) == "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": null\n  }\n}\n");
    CHECK(json_text(json, Layout::line) == "{\"a\":1,\"b\":{\"c\":null}}\n");
}
