#include "failover/pre_checks_parts.h"

#include "base/text.h"
#include "failover/pre_checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace redisctl::failover {

Verdicts::Verdicts(Checks& out, std::string name, std::string node, std::string limit, std::string hint)
    : out_(out), index_(out.size()) {
    Check check;
    const auto& names = overridable_checks();
    check.overridable = std::find(names.begin(), names.end(), name) != names.end();
    check.name = std::move(name);
    check.node = std::move(node);
    check.limit = std::move(limit);
    check.hint = std::move(hint);
    check.value = "unknown: not told";
    out_.push_back(std::move(check));
}

void Verdicts::say(Verdict verdict, std::string value) const {
    Check& check = out_[index_];
    check.verdict = verdict;
    check.value = std::move(value);
    if (verdict == Verdict::ok) check.hint.clear();
}

void Verdicts::good_if(std::optional<bool> good, std::string value) const {
    if (!good) return unknown(value);
    say(*good ? Verdict::ok : Verdict::block, std::move(value));
}

void Verdicts::warn_unless(std::optional<bool> good, std::string value) const {
    if (!good) return unknown(value);
    say(*good ? Verdict::ok : Verdict::warn, std::move(value));
}

void Verdicts::unknown(std::string_view reason) const {
    say(Verdict::unknown, fmt::format("unknown: {}", reason));
}

void Verdicts::unknown(const Error& error) const {
    unknown(shown(error));
    if (!error.hint.empty()) hint(error.hint);
}

const Verdicts& Verdicts::hint(std::string text) const {
    out_[index_].hint = std::move(text);
    return *this;
}

NodeFacts absent_node() {
    NodeFacts node;
    node.view = fail(ErrorCode::not_found, "there is no such node");
    return node;
}

std::string shown(std::optional<bool> value, std::string_view yes, std::string_view no) {
    return value ? std::string(*value ? yes : no) : "not told";
}

std::string shown(std::optional<int64_t> value) {
    return value ? std::to_string(*value) : "not told";
}

std::string shown(const Error& error) {
    return error.reason.empty() ? error.message : fmt::format("{}: {}", error.reason, error.message);
}

std::string bytes(int64_t count) {
    return human_bytes(static_cast<uint64_t>(std::max<int64_t>(0, count)));
}

std::string millis(Micros time) {
    return fmt::format("{:.1f}ms", static_cast<double>(time.count()) / 1000);
}

const std::string* setting(const NodeFacts& node, std::string_view name) {
    if (!node.view || !node.settings) return nullptr;
    const auto it = node.settings->values.find(name);
    return it == node.settings->values.end() ? nullptr : &it->second;
}

std::optional<int64_t> setting_count(const NodeFacts& node, std::string_view name) {
    const std::string* text = setting(node, name);
    return text != nullptr ? parse_int(*text) : std::nullopt;
}

std::string tls_replication(const NodeFacts& node) {
    const std::string* text = setting(node, "tls-replication");
    return text != nullptr ? *text : "no";
}

std::string why_no_setting(const NodeFacts& node, std::string_view name) {
    if (!node.view) return shown(node.view.error());
    if (!node.settings) return shown(node.settings.error());
    return fmt::format("the server has no setting {}", name);
}

bool overridden(const Wish& wish, std::string_view check) {
    return std::find(wish.overrides.begin(), wish.overrides.end(), check) != wish.overrides.end();
}

}  // namespace redisctl::failover
