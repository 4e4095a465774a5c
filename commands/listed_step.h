// A step of a change that has no undo of its own and is therefore no failover::Step: shown in a plan as those are.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace redisctl {

struct ListedStep {
    std::string id, why;
    std::vector<std::string> lines;  // what is sent, in words
    bool no_return = false;
    std::string node = {};  // empty: at none, or at several
};

nlohmann::ordered_json to_json(const ListedStep& step);

// Numbered, one line a step; with their lines.
std::string text_of(const std::vector<ListedStep>& steps, bool with_lines);

}  // namespace redisctl
