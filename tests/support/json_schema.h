// Checks a document against a JSON Schema; the keywords are those that output/schema.cpp writes, any other is a failure
// of its own.
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace redisctl::test {

class SchemaCheck {
  public:
    using Json = nlohmann::ordered_json;

    // What is wrong, one line each: "/items/0/nodes/1/role: not one of the values". Empty: the document is valid.
    static std::vector<std::string> problems(const Json& document, const Json& schema) {
        SchemaCheck check(schema);
        check.visit(document, schema, "");
        return check.problems_;
    }

  private:
    explicit SchemaCheck(const Json& root) : root_(root) {}

    static bool has_type(const Json& value, const std::string& type) {
        if (type == "integer") return value.is_number_integer();
        return type == value.type_name();
    }

    void visit(const Json& value, const Json& schema, const std::string& at) {
        for (const auto& [keyword, rule] : schema.items()) {
            if (keyword == "$schema" || keyword == "title" || keyword == "description" || keyword == "$defs") continue;
            if (keyword == "$ref") {
                visit(value, root_.at(Json::json_pointer(rule.get<std::string>().substr(1))), at);
            } else if (keyword == "type") {
                std::vector<std::string> types =
                    rule.is_array() ? rule.get<std::vector<std::string>>() : std::vector{rule.get<std::string>()};
                if (std::none_of(types.begin(), types.end(),
                                 [&](const std::string& type) { return has_type(value, type); }))
                    problem(at, "of the wrong type: " + value.dump());
            } else if (keyword == "const") {
                if (value != rule) problem(at, "not " + rule.dump());
            } else if (keyword == "enum") {
                if (std::find(rule.begin(), rule.end(), value) == rule.end())
                    problem(at, "not one of the values: " + value.dump());
            } else if (keyword == "anyOf") {
                bool any = std::any_of(rule.begin(), rule.end(), [&](const Json& choice) {
                    SchemaCheck check(root_);
                    check.visit(value, choice, at);
                    return check.problems_.empty();
                });
                if (!any) problem(at, "none of the alternatives: " + value.dump());
            } else if (keyword == "items") {
                for (size_t i = 0; value.is_array() && i < value.size(); ++i)
                    visit(value[i], rule, at + '/' + std::to_string(i));
            } else if (keyword == "required") {
                for (const Json& name : rule)
                    if (value.is_object() && !value.contains(name.get<std::string>()))
                        problem(at, "lacks " + name.get<std::string>());
            } else if (keyword == "properties") {
                for (const auto& [name, part] : rule.items())
                    if (value.is_object() && value.contains(name)) visit(value.at(name), part, at + '/' + name);
            } else if (keyword == "additionalProperties") {
                visit_others(value, schema, rule, at);
            } else {
                problem(at, "the schema has an unknown keyword: " + keyword);
            }
        }
    }

    void visit_others(const Json& value, const Json& schema, const Json& rule, const std::string& at) {
        if (!value.is_object()) return;
        for (const auto& [name, part] : value.items()) {
            if (schema.contains("properties") && schema.at("properties").contains(name)) continue;
            if (rule.is_object())
                visit(part, rule, at + '/' + name);
            else if (rule == false)
                problem(at, "has an unknown member: " + name);
        }
    }

    void problem(const std::string& at, const std::string& what) {
        problems_.push_back((at.empty() ? "/" : at) + ": " + what);
    }

    const Json& root_;
    std::vector<std::string> problems_;
};

}  // namespace redisctl::test
