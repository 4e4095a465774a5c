#include "cli/complete.h"

#include "base/interrupt.h"
#include "cli/live_names.h"
#include "cli/offers.h"

#include <sys/time.h>

#include <cerrno>
#include <csignal>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace redisctl::cli {

namespace {

// The servers have the first part of the second. Then whatever still waits is interrupted, so that a credential plugin
// is ended; what then is left of the second is for the end itself.
constexpr Millis kAsk{700}, kInterrupt{750}, kEnd{200};

// cobra's ShellCompDirective, kubectl's plugin_completion.go: file names are offered, or not.
constexpr std::string_view kFiles = ":0\n", kNoFiles = ":4\n";

void on_alarm(int) {
    if (interrupt::count() > 0) ::_exit(0);
    ::raise(SIGINT);
}

timeval as_timeval(Millis duration) {
    return {0, static_cast<suseconds_t>(Micros(duration).count())};
}

void end_in_time() {
    interrupt::install();
    ::signal(SIGALRM, on_alarm);
    const itimerval timer{as_timeval(kEnd), as_timeval(kInterrupt)};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
}

void lead_nowhere(int fd, int flags) {
    if (const int nowhere = ::open("/dev/null", flags | O_CLOEXEC); nowhere >= 0) ::dup2(nowhere, fd);
}

void print(std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
        if (n < 0 && errno != EINTR) return;
        if (n > 0) text.remove_prefix(static_cast<size_t>(n));
    }
}

}  // namespace

std::optional<CompletionFor> asks_to_complete(std::string_view word) {
    if (word == "__complete") return CompletionFor::shell;
    if (word == "__complete_for_kubectl") return CompletionFor::kubectl;
    return std::nullopt;
}

void complete(std::span<const char* const> words, CompletionFor whom, const Environment& environment,
              const Commands& commands) {
    lead_nowhere(STDIN_FILENO, O_RDONLY);
    lead_nowhere(STDERR_FILENO, O_WRONLY);
    end_in_time();
    Offers found = offers(words, commands);
    std::string text;
    for (const Offer& offer : found.known) text += offer.text + (offer.help.empty() ? "" : '\t' + offer.help) + '\n';
    if (!found.live.empty())
        if (Result<CheckedFlags> checked = check(found.flags))
            if (auto names = live_names(found.live, std::move(checked->globals), environment, kAsk))
                for (const std::string& name : *names)
                    if (name.starts_with(found.begun)) text += name + '\n';
    if (whom == CompletionFor::kubectl) text += found.files ? kFiles : kNoFiles;
    print(text);
}

}  // namespace redisctl::cli
