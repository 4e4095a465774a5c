// Which nodes the user named, by argument or --node; all when none.
#pragma once

#include "base/result.h"
#include "commands/command.h"
#include "fleet/finder.h"

#include <set>
#include <string>
#include <vector>

namespace redisctl {

// "NODE…", for commands that show all of them when none is named. The names outlive parsing.
Positional nodes_to_show(std::vector<std::string>& names);

class NodeNames {
  public:
    // Errors: not_found for a name that no node has, with the names there are.
    static Result<NodeNames> among(const fleet::Found& found, const std::vector<std::string>& arguments,
                                   const std::vector<std::string>& flags = {});

    bool has(const std::string& name) const { return names_.empty() || names_.contains(name); }

  private:
    std::set<std::string> names_;
};

}  // namespace redisctl
