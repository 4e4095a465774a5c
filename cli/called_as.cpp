#include "cli/called_as.h"

namespace redisctl::cli {

namespace {

constexpr std::string_view kProgram = "redisctl", kPlugin = "kubectl redisctl";
constexpr std::string_view kVariable = "REDISCTL_CALLED_AS";

}  // namespace

std::string_view called_as(std::string_view file) {
    const std::string_view name = file.substr(file.rfind('/') + 1);
    return name == "kubectl-redisctl" ? kPlugin : kProgram;
}

Environment with_name(const Environment& environment, std::string_view name) {
    return [&environment, name](const char* variable) {
        return variable == kVariable ? std::optional<std::string>(name) : environment(variable);
    };
}

std::string name_in(const Environment& environment) {
    return environment(kVariable.data()).value_or(std::string(kProgram));
}

std::string in_name_of(std::string_view name, std::string help) {
    if (name == kProgram) return help;
    const std::string typed = std::string(kProgram) + ' ';
    for (size_t at = 0; (at = help.find(typed, at)) != std::string::npos; at += name.size())
        if (at == 0 || help[at - 1] == ' ') help.replace(at, kProgram.size(), name);
    return help;
}

}  // namespace redisctl::cli
