#include "base/text.h"
#include "cli/completion.h"
#include "commands/context.h"

#include <fmt/format.h>

#include <memory>

namespace redisctl {

namespace {

struct Options {
    std::vector<std::string> shell;
};

Result<ExitCode> run(Context& context, const Options& options) {
    const std::string& shell = options.shell.front();
    const cli::Commands& commands = cli::all_commands();
    std::string script = shell == "bash"   ? cli::bash_completion(commands)
                         : shell == "zsh"  ? cli::zsh_completion(commands)
                         : shell == "fish" ? cli::fish_completion(commands)
                                           : std::string();
    if (script.empty())
        return fail(ErrorCode::usage, fmt::format("there is no completion for '{}'", printable(shell)),
                    "bash, zsh and fish are known", "redisctl completion bash");
    TRY(context.output().write(script));
    return ExitCode::ok;
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {{"SHELL", "bash, zsh or fish", &options->shell, true, false, "shell"}};
    spec.examples = {"redisctl completion bash", "redisctl completion zsh", "redisctl completion fish"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command completion_command{
    "completion", Group::tool, "Print the completion script for a shell, to be sourced by it", Uses::nothing, {}, bind};

}  // namespace redisctl
