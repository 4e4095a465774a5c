#include "output/terminal.h"

#include <sys/ioctl.h>

#include <unistd.h>

namespace redisctl::output {

Terminal look_at(int fd, ColorWhen when, const Environment& environment) {
    Terminal terminal;
    terminal.tty = ::isatty(fd) == 1;
    winsize size{};
    if (terminal.tty && ::ioctl(fd, TIOCGWINSZ, &size) == 0) terminal.columns = size.ws_col;
    bool refused = !environment("NO_COLOR").value_or("").empty() || environment("TERM").value_or("") == "dumb";
    terminal.color = when == ColorWhen::always || (when == ColorWhen::automatic && terminal.tty && !refused);
    return terminal;
}

std::string paint(std::string_view text, Tone tone, const Terminal& terminal) {
    if (!terminal.color || tone == Tone::plain || text.empty()) return std::string(text);
    std::string_view code;
    switch (tone) {
        case Tone::plain:
            break;
        case Tone::good:
            code = "32";
            break;
        case Tone::warn:
            code = "33";
            break;
        case Tone::bad:
            code = "31";
            break;
        case Tone::dim:
            code = "2";
            break;
        case Tone::strong:
            code = "1";
            break;
    }
    std::string out = "\x1b[";
    out.append(code).append("m").append(text).append("\x1b[0m");
    return out;
}

}  // namespace redisctl::output
