#include "base/text.h"
#include "cli/called_as.h"
#include "cli/help.h"
#include "cli/registry.h"
#include "commands/context.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

namespace redisctl {

namespace {

using namespace cli;

struct Options {
    std::vector<std::string> about;
};

Result<ExitCode> run(Context& context, const Options& options) {
    size_t width = help_width(context.output().settings().out.columns);
    const std::string about = fmt::format("{}", fmt::join(options.about, " "));
    std::string text;
    if (options.about.empty()) {
        text = tool_help(all_commands(), width);
    } else if (const Command* command = find_command(all_commands(), about)) {
        text = command_help(*command, all_commands(), width);
    } else if (const std::optional<Family> family = find_family(all_commands(), about)) {
        text = family_help(*family, width);
    } else if (text = topic_help(about, width); text.empty()) {
        std::vector<std::string> names = topics();
        for (const Command* known : all_commands()) names.emplace_back(known->name);
        auto meant = nearest(about, names);
        return fail(ErrorCode::usage,
                    fmt::format("there is no command and no topic '{}'{}", printable(about),
                                meant ? fmt::format("; did you mean '{}'?", *meant) : std::string()),
                    {}, meant ? fmt::format("redisctl help {}", *meant) : std::string("redisctl help"));
    }
    TRY(context.output().write(in_name_of(name_in(context.environment()), std::move(text))));
    return ExitCode::ok;
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {
        {"COMMAND", "A command, or a topic: exit-codes, flags", &options->about, false, true, "command"}};
    spec.examples = {"redisctl help status", "redisctl help exit-codes"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command help_command{"help",        Group::tool, "Explain a command, the shared flags or the exit codes",
                                  Uses::nothing, {},          bind};

}  // namespace redisctl
