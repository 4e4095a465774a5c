// What a command found out, once: as JSON for programs, as tables and names for people.
#pragma once

#include "base/error.h"
#include "base/finding.h"
#include "output/table.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::output {

// An error about one node or instance; both empty when it is about neither.
struct ErrorItem {
    std::string instance, node;
    Error error;
};

// FINDING and ERROR of the contract; what is empty becomes null.
nlohmann::ordered_json to_json(const Finding& finding);
nlohmann::ordered_json to_json(const ErrorItem& item);

// The envelope {apiVersion, kind, context, items, findings, errors}. Strings may hold any bytes: rendering makes them
// valid and safe.
class Document {
  public:
    // An empty context becomes null: there is no Kubernetes.
    Document(std::string_view kind, std::string_view context);
    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;
    ~Document();

    void add_item(nlohmann::ordered_json item);
    void add_finding(Finding finding);
    void add_error(ErrorItem item);
    void add_table(Table table) { tables_.push_back(std::move(table)); }
    // A file for another program: with table and wide it is printed instead of tables, byte by byte, and findings go to
    // stderr.
    void set_text(std::string text) { text_ = std::move(text); }
    void add_name(std::string name) { names_.push_back(std::move(name)); }
    // A member of the envelope beside the common ones, before items (Version's client).
    void set(std::string_view key, nlohmann::ordered_json value);

    const nlohmann::ordered_json& json() const { return *json_; }
    const std::vector<Finding>& findings() const { return findings_; }
    const std::vector<ErrorItem>& errors() const { return errors_; }
    const std::vector<Table>& tables() const { return tables_; }
    const std::string& text() const { return text_; }
    const std::vector<std::string>& names() const { return names_; }

  private:
    std::unique_ptr<nlohmann::ordered_json> json_;
    std::vector<Finding> findings_;
    std::vector<ErrorItem> errors_;
    std::vector<Table> tables_;
    std::vector<std::string> names_;
    std::string text_;
};

}  // namespace redisctl::output
