#include "base/text.h"
#include "cli/manual.h"
#include "commands/context.h"

#include <fmt/format.h>

#include <memory>

namespace redisctl {

namespace {

struct Options {
    std::vector<std::string> page;
};

Result<ExitCode> run(Context& context, const Options& options) {
    std::string text;
    if (options.page.empty()) {
        for (const std::string& name : cli::page_names(cli::all_commands())) text += name + '\n';
    } else if (text = cli::page(cli::all_commands(), options.page.front()); text.empty()) {
        return fail(ErrorCode::usage, fmt::format("there is no manual page '{}'", printable(options.page.front())), {},
                    "redisctl man");
    }
    TRY(context.output().write(text));
    return ExitCode::ok;
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {
        {"PAGE", "Name of the page; without one the pages are listed", &options->page, false, false, "page"}};
    spec.examples = {"redisctl man", "redisctl man redisctl-status.1"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command man_command{"man",         Group::tool, "Print a manual page, as man(1) reads it",
                                 Uses::nothing, {},          bind};

}  // namespace redisctl
