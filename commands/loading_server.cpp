#include "commands/loading_server.h"

#include "backup/new_file.h"
#include "base/fd.h"
#include "base/new_password.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace redisctl {

namespace {

constexpr const char *config_name = "server.conf", *password_name = "password";
constexpr size_t lines_shown = 4;

Error cannot(std::string_view what, int number) {
    return {ErrorCode::io, fmt::format("the server that is to load the AOF cannot be started: {}", what),
            std::strerror(number),
            {},
            {}};
}

Result<uint16_t> free_port() {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
        return fail(cannot("no port of 127.0.0.1", errno));
    return ntohs(address.sin_port);
}

Result<void> write_file(const std::string& folder, const std::string& name, std::string_view text) {
    TRY_ASSIGN(backup::NewFile file, backup::NewFile::create(folder, name));
    TRY(file.write(text));
    return file.keep();
}

// Between fork() and execv(): only what is allowed there.
[[noreturn]] void become(const char* path, const std::string& folder, int log, pid_t parent) {
    // Ctrl-C is for us to answer, and so it is out of the terminal's group; whoever kills us ends it too.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_DFL);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    if (::chdir(folder.c_str()) == 0) {
        ::setenv("LC_ALL", "C", 1);
        ::unsetenv("REDISCLI_AUTH");
        ::execl(path, path, config_name, static_cast<char*>(nullptr));
    }
    const char* why = std::strerror(errno);
    (void)!::write(STDERR_FILENO, why, std::strlen(why));
    ::_exit(127);
}

// "17:M 22 Nov 2026 03:30:00.000 # Bad file format": what is behind the mark of its level.
std::string said_in(const std::string& line) {
    for (const std::string_view mark : {" # ", " * ", " - ", " . "})
        if (const size_t at = line.find(mark); at != std::string::npos && at < 60) return line.substr(at + mark.size());
    return line;
}

}  // namespace

LoadingServer::LoadingServer(LoadingServer&& other) noexcept
    : program_(std::move(other.program_)),
      log_(std::move(other.log_)),
      password_file_(std::move(other.password_file_)),
      port_(other.port_),
      process_(std::exchange(other.process_, -1)),
      status_(other.status_) {}

Result<LoadingServer> LoadingServer::start(const ServerProgram& program, const std::string& folder, bool truncated) {
    LoadingServer server(program, folder);
    TRY(server.configure(folder, truncated));
    const Fd log(::open(server.log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
    if (!log) return fail(cannot(printable(server.log_), errno));
    const pid_t parent = ::getpid();
    server.process_ = ::fork();
    if (server.process_ < 0) return fail(cannot("fork", errno));
    if (server.process_ == 0) become(program.path.c_str(), folder, log.get(), parent);
    // Whoever of both is first; it is to be there before it is needed.
    ::setpgid(server.process_, server.process_);
    return server;
}

// It keeps nothing that is not thrown away at once: no RDB of its own, no rewrite, no waiting for the disk. The number
// of databases is more than any server is seen with, as it would not load what lies in another one.
Result<void> LoadingServer::configure(const std::string& folder, bool truncated) {
    TRY_ASSIGN(port_, free_port());
    const Secret password = new_password(24);
    TRY(write_file(folder, password_name, password.reveal()));
    const std::string text = fmt::format(
        "bind 127.0.0.1\nport {}\nprotected-mode yes\nrequirepass {}\ndaemonize no\ndir .\nlogfile \"\"\n"
        "save \"\"\nappendonly yes\nappenddirname appendonlydir\nappendfilename appendonly.aof\nappendfsync no\n"
        "auto-aof-rewrite-percentage 0\naof-use-rdb-preamble yes\naof-load-truncated {}\n"
        "repl-diskless-sync yes\nrepl-diskless-sync-delay 0\ndatabases 16384\nmaxmemory 0\n",
        port_, password.reveal(), truncated ? "yes" : "no");
    return write_file(folder, config_name, text);
}

bool LoadingServer::ended() {
    if (process_ > 0 && ::waitpid(process_, &status_, WNOHANG) == process_) {
        ::kill(-process_, SIGKILL);
        process_ = -1;
    }
    return process_ < 0;
}

bool LoadingServer::found_port_taken() const {
    std::ifstream log(log_);
    for (std::string line; std::getline(log, line);)
        if (line.find("Address already in use") != std::string::npos) return true;
    return false;
}

Error LoadingServer::why_it_ended() const {
    std::vector<std::string> lines;
    std::ifstream log(log_);
    for (std::string line; std::getline(log, line);) {
        // What is in its configuration is nobody's affair.
        if (trim(line).empty() || line.find("requirepass") != std::string::npos) continue;
        lines.push_back(printable(std::string(trim(said_in(line))).substr(0, 300)));
        if (lines.size() > lines_shown) lines.erase(lines.begin());
    }
    std::string cause;
    for (const std::string& line : lines) cause += (cause.empty() ? "" : "; ") + line;
    if (WIFSIGNALED(status_))
        cause = fmt::format("it was ended by signal {}{}{}", WTERMSIG(status_), cause.empty() ? "" : "; ", cause);
    Error error{ErrorCode::refused, fmt::format("{} cannot load this AOF", program_.full_name()), std::move(cause),
                "a server not older than the one that wrote it, with its modules: --server PATH", "NOT_LOADED"};
    if (WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL) error.hint = "is there memory enough for it? free -h";
    if (error.cause.find("nexpected end of file") != std::string::npos)
        error.hint = "--truncated takes what is before the place at which it is cut off";
    return error;
}

// What it has written is thrown away, so it need not write anything at its end; a child of its own that is saving goes
// with it.
void LoadingServer::end() {
    if (process_ <= 0) return;
    ::kill(-process_, SIGKILL);
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, &status_, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
}

}  // namespace redisctl
