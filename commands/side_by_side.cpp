#include "commands/side_by_side.h"

namespace redisctl {

void SideBySide::add_node(const std::string& name) {
    nodes_.push_back(name);
}

void SideBySide::add(const std::string& section, const std::string& field, const std::string& value) {
    const Field key{section, field};
    const auto [found, is_new] = values_.try_emplace(key);
    if (is_new) order_.push_back(key);
    found->second.resize(nodes_.size());
    found->second.back() = value;
}

output::Table SideBySide::table(const std::string& heading) const {
    output::Table table{heading, {{"FIELD"}}, {}};
    for (const std::string& node : nodes_) table.columns.push_back({node});
    for (const Field& field : order_) {
        std::vector<output::Cell> row{field.second};
        const std::vector<std::string>& values = values_.at(field);
        row.insert(row.end(), values.begin(), values.end());
        row.resize(table.columns.size());
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace redisctl
