#include "commands/listed_step.h"

#include "base/text.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace redisctl {

using Json = nlohmann::ordered_json;

Json to_json(const ListedStep& step) {
    return {{"id", step.id},
            {"why", step.why},
            {"node", step.node},
            {"before", Json::array()},
            {"action", {{"type", step.id}, {"commands", step.lines}}},
            {"after", Json::array()},
            {"undo", Json::array()},
            {"undone", Json::array()},
            {"already", Json::array()},
            {"patienceMs", 0},
            {"opensWindow", false},
            {"pointOfNoReturn", step.no_return},
            {"achieved", ""},
            {"essential", true}};
}

std::string text_of(const std::vector<ListedStep>& steps, bool with_lines) {
    std::string text;
    int number = 0;
    for (const ListedStep& step : steps) {
        text += fmt::format("{:>3}. {}: {}\n", ++number, step.id, step.why);
        if (!with_lines) continue;
        for (const std::string& line : step.lines) text += fmt::format("       do    {}\n", printable(line));
    }
    return text;
}

}  // namespace redisctl
