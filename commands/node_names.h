// Which nodes the user named, by argument or --node; all when none.
#pragma once

#include "base/result.h"
#include "fleet/finder.h"

#include <set>
#include <string>
#include <vector>

namespace redisctl {

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
