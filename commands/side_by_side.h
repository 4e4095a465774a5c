// One row a field, one column a node: what differs stands side by side.
#pragma once

#include "output/table.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace redisctl {

class SideBySide {
  public:
    // The node whose fields come next.
    void add_node(const std::string& name);
    // Fields stand in the order in which they were first added; the same name may stand in several sections.
    void add(const std::string& section, const std::string& field, const std::string& value);

    // A node without the field has an empty cell.
    output::Table table(const std::string& heading) const;

  private:
    using Field = std::pair<std::string, std::string>;  // section and name

    std::vector<std::string> nodes_;
    std::vector<Field> order_;
    std::map<Field, std::vector<std::string>> values_;  // by node; shorter where the last nodes have none
};

}  // namespace redisctl
