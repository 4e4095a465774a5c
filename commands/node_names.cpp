#include "commands/node_names.h"

#include "base/text.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

namespace redisctl {

Positional nodes_to_show(std::vector<std::string>& names) {
    return {"NODE", "Nodes to show; all of them when none is named", &names, false, true, "node"};
}

Result<NodeNames> NodeNames::among(const fleet::Found& found, const std::vector<std::string>& arguments,
                                   const std::vector<std::string>& flags) {
    std::vector<std::string> known;
    for (const fleet::Instance& instance : found.inventory.instances) {
        for (const fleet::Node& node : instance.nodes) known.push_back(node.name);
        for (const fleet::Node& node : instance.sentinels) known.push_back(node.name);
    }
    NodeNames names;
    for (const std::vector<std::string>* list : {&arguments, &flags}) {
        for (const std::string& name : *list) {
            if (std::find(known.begin(), known.end(), name) == known.end())
                return fail(ErrorCode::not_found, fmt::format("no node called {}", name),
                            fmt::format("there are: {}", fmt::join(known, ", ")), nearest(name, known).value_or(""));
            names.names_.insert(name);
        }
    }
    return names;
}

}  // namespace redisctl
