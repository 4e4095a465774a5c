#include "commands/shell_session.h"

#include "output/write.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace redisctl {

namespace {

// Read and not gone out yet.
constexpr size_t most_unsent = 256u << 10;

bool has_input(int fd) {
    pollfd wait{fd, POLLIN, 0};
    return ::poll(&wait, 1, 0) > 0;
}

}  // namespace

ShellSession::Keyboard::Keyboard(net::Loop& loop, kube::PodExec& exec) : loop_(loop), exec_(exec) {
    loop_.add(*this);
}

ShellSession::Keyboard::~Keyboard() {
    loop_.remove(*this);
}

net::Interest ShellSession::Keyboard::interest() const {
    const bool wanted = !ended_ && exec_.connected() && exec_.unsent() < most_unsent;
    return wanted ? net::Interest{STDIN_FILENO, true, false} : net::Interest{};
}

void ShellSession::Keyboard::advance() {
    // Woken by more than stdin: a read that would wait is left alone.
    if (interest().fd < 0 || !has_input(STDIN_FILENO)) return;
    std::array<char, 65536> bytes;
    const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got > 0) return exec_.write({bytes.data(), static_cast<size_t>(got)});
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    ended_ = true;
    exec_.close_input();
}

ShellSession::Window::Window(net::Loop& loop, kube::PodExec& exec) : loop_(loop), exec_(exec) {
    loop_.add(*this);
}

ShellSession::Window::~Window() {
    loop_.remove(*this);
}

void ShellSession::Window::advance() {
    resize_.drain();
    const std::optional<TerminalSize> size = terminal_size(STDIN_FILENO);
    if (!size || size == told_) return;
    told_ = size;
    exec_.resize(size->columns, size->rows);
}

ShellSession::ShellSession(net::Loop& loop, kube::Client& client, output::Output& output, kube::ExecQuestion question)
    : loop_(loop), client_(client), output_(output), question_(std::move(question)) {}

Result<int> ShellSession::run() {
    const Millis limit = client_.request_timeout();
    kube::PodExec exec(client_, question_, limit.count() > 0 ? Deadline::after(limit) : Deadline::never());
    // Until somebody answers Ctrl-C is ours.
    TRY(loop_.run([&] { return exec.connected() || exec.ended(); }, Deadline::never()));
    if (exec.ended() || !question_.terminal) return carry(exec);
    TRY_ASSIGN(const RawTerminal raw, RawTerminal::of(STDIN_FILENO));
    const Window window(loop_, exec);
    return carry(exec);
}

Result<int> ShellSession::carry(kube::PodExec& exec) {
    std::optional<Keyboard> keyboard;
    if (question_.input) keyboard.emplace(loop_, exec);
    bool told = !question_.input;
    while (!output_.closed()) {
        const auto news = [&] { return exec.has_output() || exec.ended() || (!told && keyboard->ended()); };
        if (const Result<void> waited = loop_.run(news, Deadline::never()); !waited) {
            Error error = waited.error();
            error.hint = "what was started may go on in the pod";
            return fail(std::move(error));
        }
        TRY(show(exec));
        if (exec.ended()) return exec.result();
        if (told || !keyboard->ended()) continue;
        told = true;
        // The terminal is gone: nobody sees or types anything any more.
        if (question_.terminal) return fail(ErrorCode::interrupted, "the terminal was closed");
        if (!exec.closes_input())
            output_.note("the API server cannot tell the command that its input ended (it speaks v4.channel.k8s.io, v5 "
                         "came with Kubernetes 1.30): Ctrl-C, should it wait for more");
    }
    return 0;
}

Result<void> ShellSession::show(kube::PodExec& exec) {
    if (const std::string text = exec.take_output(); !text.empty()) TRY(output_.write(text));
    if (const std::string text = exec.take_error_output(); !text.empty())
        TRY(output::write_all(output_.settings().err_fd, text));
    return {};
}

}  // namespace redisctl
