#include "cli/run.h"

#include "base/interrupt.h"
#include "base/version.h"
#include "cli/called_as.h"
#include "cli/complete.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/parser.h"
#include "commands/consent.h"
#include "commands/context.h"
#include "commands/operation_report.h"
#include "output/document.h"
#include "output/message.h"
#include "output/output.h"
#include "output/terminal.h"

#include <fmt/format.h>

#include <exception>
#include <optional>
#include <string_view>

#include <unistd.h>

namespace redisctl::cli {

namespace {

using output::look_at;
using output::Output;
using output::Settings;

int number(ExitCode code) {
    return static_cast<int>(code);
}

Settings settings_for(const CheckedFlags& flags, const Environment& environment) {
    Settings settings;
    settings.format = flags.format;
    settings.headers = flags.headers;
    settings.verbosity = flags.verbosity;
    settings.out = look_at(STDOUT_FILENO, flags.color, environment);
    settings.err = look_at(STDERR_FILENO, flags.color, environment);
    return settings;
}

// Prints the error. Programs get the envelope all the same, save for exits 2 and 70, unless the command has printed its
// document.
ExitCode failed(const Error& error, const Command& command, std::string_view context, Output& output) {
    output.error(error);
    ExitCode code = exit_code(error, interrupt::signal_number());
    bool wanted = output::is_document(output.settings().format) && !command.kind.empty() && !output.printed();
    if (!wanted || code == ExitCode::usage || code == ExitCode::internal) return code;
    Result<void> printed;
    if (command.kind == "OperationResult") {
        printed = print_refusal(output, command.name, error, code);
    } else {
        output::Document document(command.kind, context);
        document.add_error({"", "", error});
        printed = output.print(document);
    }
    if (printed) return code;
    output.error(printed.error());
    return exit_code(printed.error(), interrupt::signal_number());
}

// A change that was not asked for: its plan is.
bool only_looks(const Spec& spec) {
    for (const Option& option : spec.options) {
        const auto* flag = std::get_if<bool*>(&option.target);
        if (flag && option.names == "--dry-run" && **flag) return true;
        if (flag && option.names == "--apply" && !**flag) return true;
    }
    return false;
}

// --read-only as the variable that says the same.
Environment with_read_only(const Environment& environment, bool read_only) {
    if (!read_only) return environment;
    return [&environment](const char* name) {
        return std::string_view(name) == kReadOnlyVariable ? std::optional<std::string>(kReadOnlyFlag)
                                                           : environment(name);
    };
}

ExitCode run_command(const Invocation& invocation, const Environment& outside, Output& output) {
    const Command& command = *invocation.command;
    const Environment environment = with_read_only(outside, invocation.flags.read_only);
    // Here, so that no command can forget it. Those that change something only at times ask for themselves.
    if (command.group == Group::change && !only_looks(invocation.spec))
        if (const Result<void> allowed = changes_allowed(environment); !allowed)
            return failed(allowed.error(), command, {}, output);
    // The tools wait for nothing, so Ctrl-C may end them as it ends any program.
    if (command.uses == Uses::target) interrupt::install();
    Context context(one_word(command.name), invocation.flags.globals, output, environment);
    Result<ExitCode> result = invocation.spec.run(context);
    if (!result) return failed(result.error(), command, context.kube_context(), output);
    // Nodes that were not asked any more did not fail to answer. A change knows by itself what an interrupt means.
    if (interrupt::count() > 0 && command.group != Group::change && *result != ExitCode::ok)
        return exit_code({ErrorCode::interrupted, {}, {}, {}, {}}, interrupt::signal_number());
    return *result;
}

ExitCode answer(std::span<const char* const> args, const Environment& environment, const Commands& commands) {
    auto parsed = parse(args, commands);
    Output output(settings_for(parsed ? parsed->flags : CheckedFlags{}, environment));
    if (!parsed) {
        output.error(parsed.error());
        return exit_code(parsed.error(), 0);
    }
    if (parsed->asked == Asked::run) return run_command(*parsed, environment, output);

    size_t width = help_width(output.settings().out.columns);
    std::string text = fmt::format("redisctl {}\n", kVersion);
    if (parsed->asked == Asked::help)
        text = in_name_of(name_in(environment), parsed->command  ? command_help(*parsed->command, commands, width)
                                                : parsed->family ? family_help(*parsed->family, width)
                                                                 : tool_help(commands, width));
    auto written = output.write(text);
    if (written) return ExitCode::ok;
    output.error(written.error());
    return exit_code(written.error(), 0);
}

ExitCode bug(std::string_view what, const Environment& environment) {
    Output output(settings_for({}, environment));
    output.error({ErrorCode::internal,
                  "this is a bug in redisctl, and what it did is unknown",
                  std::string(what),
                  "report it with the command line and the output of redisctl version --client",
                  {}});
    return ExitCode::internal;
}

}  // namespace

int run(std::span<const char* const> argv, const Environment& environment, const Commands& commands) {
    try {
        const std::span<const char* const> args = argv.empty() ? argv : argv.subspan(1);
        if (const auto whom = args.empty() ? std::nullopt : asks_to_complete(args.front())) {
            complete(args.subspan(1), *whom, environment, commands);
            return number(ExitCode::ok);
        }
        return number(answer(args, with_name(environment, called_as(argv.empty() ? "" : argv.front())), commands));
    } catch (const std::exception& error) {
        return number(bug(error.what(), environment));
    } catch (...) {
        return number(bug("an exception of an unknown type", environment));
    }
}

}  // namespace redisctl::cli
