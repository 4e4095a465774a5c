#include "output/document.h"

#include <nlohmann/json.hpp>

namespace redisctl::output {

namespace {

using Json = nlohmann::ordered_json;

Json or_null(std::string_view text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

}  // namespace

Json to_json(const Finding& finding) {
    return Json{{"code", finding.code},
                {"severity", severity_name(finding.severity)},
                {"instance", or_null(finding.instance)},
                {"node", or_null(finding.node)},
                {"message", finding.message},
                {"hint", or_null(finding.hint)}};
}

Json to_json(const ErrorItem& item) {
    return Json{{"code", item.error.name()},          {"instance", or_null(item.instance)},
                {"node", or_null(item.node)},         {"message", item.error.message},
                {"cause", or_null(item.error.cause)}, {"hint", or_null(item.error.hint)}};
}

Document::Document(std::string_view kind, std::string_view context)
    : json_(std::make_unique<Json>(Json{{"apiVersion", "redisctl/v1"},
                                        {"kind", kind},
                                        {"context", or_null(context)},
                                        {"items", Json::array()},
                                        {"findings", Json::array()},
                                        {"errors", Json::array()}})) {}

Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

void Document::add_item(Json item) {
    (*json_)["items"].push_back(std::move(item));
}

void Document::add_finding(Finding finding) {
    (*json_)["findings"].push_back(to_json(finding));
    findings_.push_back(std::move(finding));
}

void Document::add_error(ErrorItem item) {
    (*json_)["errors"].push_back(to_json(item));
    errors_.push_back(std::move(item));
}

void Document::set(std::string_view key, Json value) {
    Json ordered;
    for (auto& [name, member] : json_->items()) {
        if (name == "items") ordered[std::string(key)] = std::move(value);
        ordered[name] = std::move(member);
    }
    *json_ = std::move(ordered);
}

}  // namespace redisctl::output
