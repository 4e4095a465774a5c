#include "commands/server_program.h"

#include "base/interrupt.h"
#include "base/text.h"
#include "kube/child_process.h"

#include <fmt/core.h>

#include <array>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include <unistd.h>

namespace redisctl {

namespace {

constexpr Millis said_in{10'000};
constexpr size_t longest_answer = 64 << 10;

Error no_server(std::string message, std::string cause) {
    return {ErrorCode::refused, std::move(message), std::move(cause),
            "install redis-server or valkey-server, or name one: --server PATH", "NO_SERVER"};
}

std::optional<std::string> in_path(const Environment& environment, const std::string& name) {
    const std::string folders = environment("PATH").value_or("");
    for (const std::string_view folder : split(folders, ':')) {
        std::error_code error;
        const std::filesystem::path path = std::filesystem::path(folder.empty() ? "." : folder) / name;
        if (std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0)
            return std::filesystem::absolute(path, error).string();
    }
    return std::nullopt;
}

// "Redis server v=7.0.15 sha=…", "Valkey server v=8.1.1 sha=…"
std::optional<std::pair<std::string, std::string>> read_version(std::string_view said) {
    const std::vector<std::string_view> words = split(trim(said), ' ');
    if (words.size() < 3 || words[1] != "server" || !words[2].starts_with("v=")) return std::nullopt;
    const std::string product = lower(words[0]);
    if (product != "redis" && product != "valkey") return std::nullopt;
    return std::pair{product, std::string(words[2].substr(2))};
}

std::array<int64_t, 2> major_and_minor(std::string_view version) {
    std::array<int64_t, 2> numbers{};
    const std::vector<std::string_view> parts = split(version, '.');
    for (size_t i = 0; i < numbers.size() && i < parts.size(); i++) numbers[i] = parse_int(parts[i]).value_or(0);
    return numbers;
}

Result<ServerProgram> ask(const std::string& path) {
    kube::Child child;
    child.command = path;
    child.args = {"--version"};
    child.env = {{"LC_ALL", "C"}};
    const auto said = kube::run_child(child, longest_answer, Deadline::after(said_in), interrupt::fd());
    if (!said && said.error().code == ErrorCode::interrupted) return fail(said.error());
    if (!said) return fail(no_server(fmt::format("{} cannot be started", printable(path)), said.error().cause));
    const auto read = read_version(said->out.reveal());
    if (said->exit_code != 0 || !read)
        return fail(no_server(fmt::format("{} is no Redis or Valkey server", printable(path)),
                              fmt::format("to --version it says: {}",
                                          printable(std::string(trim(said->out.reveal())).substr(0, 200)))));
    return ServerProgram{path, read->first, read->second};
}

}  // namespace

Result<ServerProgram> find_server_program(const Environment& environment, const std::string& given,
                                          std::string_view preferred) {
    if (given.find('/') != std::string::npos) {
        std::error_code error;
        return ask(std::filesystem::absolute(given, error).string());
    }
    std::vector<std::string> names{"redis-server", "valkey-server"};
    if (preferred == "valkey") std::swap(names[0], names[1]);
    if (!given.empty()) names = {given};
    for (const std::string& name : names)
        if (const auto path = in_path(environment, name)) return ask(*path);
    return fail(no_server("no server is on this machine that could load the AOF",
                          given.empty() ? "neither redis-server nor valkey-server is in PATH"
                                        : fmt::format("{} is not in PATH", printable(given))));
}

Result<void> new_enough(const ServerProgram& program, const std::map<std::string, std::string>& notes) {
    const auto too_old = [&](std::string cause, const std::string& wanted) {
        return fail(Error{ErrorCode::refused,
                          fmt::format("{} is too old for this AOF: {}", printable(program.path), program.full_name()),
                          std::move(cause), fmt::format("name a server of {} or later: --server PATH", wanted),
                          "SERVER_TOO_OLD"});
    };
    const std::array<int64_t, 2> has = major_and_minor(program.version);
    if (program.product == "redis" && has[0] < 7)
        return too_old("AOFs of several files are known since 7.0", "Redis 7.0");
    // A Valkey writes both names, and of redis-ver the one that it is compatible with.
    const auto valkey = notes.find("valkey-ver");
    const auto saved = valkey != notes.end() ? valkey : notes.find("redis-ver");
    if (saved == notes.end() || program.product != (valkey != notes.end() ? "valkey" : "redis")) return {};
    if (has >= major_and_minor(saved->second)) return {};
    const std::string by = (valkey != notes.end() ? "Valkey " : "Redis ") + printable(saved->second.substr(0, 40));
    return too_old("its base was saved by " + by, by);
}

}  // namespace redisctl
