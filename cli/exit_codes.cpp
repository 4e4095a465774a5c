#include "cli/exit_codes.h"

#include <array>

#include <signal.h>

namespace redisctl::cli {

ExitCode exit_code(const Error& error, int signal) {
    switch (error.code) {
        case ErrorCode::usage:
            return ExitCode::usage;
        case ErrorCode::not_found:
            return ExitCode::not_found;
        case ErrorCode::unauthenticated:
        case ErrorCode::forbidden:
            return ExitCode::not_permitted;
        case ErrorCode::unreachable:
        case ErrorCode::timeout:
        case ErrorCode::protocol:
        case ErrorCode::server:
            return ExitCode::unreachable;
        case ErrorCode::refused:
        case ErrorCode::conflict:
            return ExitCode::refused;
        case ErrorCode::interrupted:
            return signal == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
        case ErrorCode::io:
            return ExitCode::output;
        case ErrorCode::internal:
            return ExitCode::internal;
    }
    return ExitCode::internal;
}

std::span<const ExitMeaning> exit_meanings() {
    static constexpr std::array<ExitMeaning, 14> meanings{{
        {ExitCode::ok, "done; the answer is good (also: already so)", "as said"},
        {ExitCode::bad_answer,
         "asked and answered, and the answer is bad (lag over the limit or unknown under a limit, split brain, "
         "unhealthy)",
         "no"},
        {ExitCode::usage, "wrong usage or configuration (also: no kubeconfig, no host)", "no"},
        {ExitCode::not_found, "target not found or ambiguous (also: nothing in the namespace)", "no"},
        {ExitCode::unreachable, "no node and no API could be reached, or the deadline passed", "no"},
        {ExitCode::not_permitted, "not permitted, and nothing else answered (RBAC, NOAUTH, WRONGPASS, NOPERM)", "no"},
        {ExitCode::refused, "refused before any change (a check said no, lock held, not confirmed, no journal)", "no"},
        {ExitCode::partial, "partial: some nodes did not answer; the rest is printed", "no"},
        {ExitCode::rolled_back, "failed or interrupted after a change, rolled back and verified", "restored"},
        {ExitCode::incomplete,
         "incomplete or unknown after a change, or only some nodes changed: resume it, or a human", "yes"},
        {ExitCode::internal, "a bug in redisctl", ""},
        {ExitCode::output, "stdout, or a file that was asked for, could not be written (a closed pipe ends quietly with the answer's code)", ""},
        {ExitCode::interrupted, "interrupted by Ctrl-C (SIGINT), nothing changed", "no"},
        {ExitCode::terminated, "terminated (SIGTERM), nothing changed", "no"},
    }};
    return meanings;
}

}  // namespace redisctl::cli
