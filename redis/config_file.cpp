#include "redis/config_file.h"

#include "base/text.h"
#include "redis/sensitive.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace redisctl::redis {

namespace {

// Their value is a list of words, all others are one word. Redis 6.0–8.2, Valkey 8.1: src/config.c, MULTI_ARG_CONFIG.
constexpr std::array<std::string_view, 10> kLists{"bind",
                                                  "client-output-buffer-limit",
                                                  "latency-tracking-info-percentiles",
                                                  "oom-score-adj-values",
                                                  "rdma-bind",
                                                  "replicaof",
                                                  "save",
                                                  "shutdown-on-sigint",
                                                  "shutdown-on-sigterm",
                                                  "slaveof"};
// 6.0 has it in CONFIG, and not in its file.
constexpr std::string_view only_in_config = "watchdog-period";

bool is_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
        return std::isalnum(c) || c == '-' || c == '_' || c == '.';
    });
}

// replica… says the same as slave…
bool is_older_name(const InfoFields& parameters, std::string name) {
    const size_t at = name.find("slave");
    return at != std::string::npos && parameters.contains(name.replace(at, 5, "replica"));
}

std::vector<std::string_view> words_of(std::string_view value) {
    std::vector<std::string_view> words = split(value, ' ');
    std::erase(words, std::string_view());
    return words;
}

std::string line_of(std::string_view name, const std::vector<std::string_view>& words) {
    std::string line(name);
    for (const std::string_view word : words) line += " " + config_word(word);
    return line + "\n";
}

// Older servers take several of them only in lines of their own.
std::string grouped(std::string_view name, std::string_view value, size_t size) {
    const std::vector<std::string_view> words = words_of(value);
    std::string lines;
    for (size_t i = 0; i + size <= words.size(); i += size)
        lines += line_of(name, {words.begin() + static_cast<std::ptrdiff_t>(i),
                                words.begin() + static_cast<std::ptrdiff_t>(i + size)});
    return lines;
}

std::string lines_of(const std::string& name, const std::string& value) {
    if (std::ranges::find(kLists, name) == kLists.end()) return line_of(name, {value});
    if (value.empty()) {
        // It follows nobody; 6.0 takes no empty address, and binds to all without one.
        const bool nothing = name == "replicaof" || name == "slaveof" || name == "bind";
        return nothing ? std::string() : line_of(name, {""});
    }
    if (name == "save") return grouped(name, value, 2);
    if (name == "client-output-buffer-limit") return grouped(name, value, 4);
    return line_of(name, words_of(value));
}

// "#<sha256>" is a password of a user.
bool is_password(std::string_view word) {
    return word.starts_with('#') || word.starts_with('>');
}

std::string user_line(const std::string& user, bool comment, Passwords passwords) {
    const std::vector<std::string_view> words = words_of(user);
    const bool hide = passwords == Passwords::left_out && std::ranges::any_of(words, is_password);
    std::string line;
    for (const std::string_view word : words) {
        if (!line.empty()) line += ' ';
        line += hide && is_password(word) ? fmt::format("{}{}", word.front(), hidden) : config_word(word);
    }
    return (comment || hide ? "# " : "") + line + "\n";
}

// A line that is of no user would be another directive.
std::string all_users(const std::vector<std::string>& users, bool comments, Passwords passwords) {
    std::string lines;
    for (const std::string& user : users)
        if (user.starts_with("user ")) lines += user_line(user, comments, passwords);
    return lines;
}

}  // namespace

std::string config_word(std::string_view value) {
    const bool bare = !value.empty() && std::ranges::all_of(value, [](unsigned char c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '\'' && c != '\\';
    });
    if (bare) return std::string(value);
    std::string word = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\')
            word += std::string("\\") + c;
        else if (c >= ' ' && c < 0x7f)
            word += c;
        else
            word += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return word + "\"";
}

std::string config_file(const InfoFields& parameters, const std::vector<std::string>& users, Passwords passwords) {
    std::string file;
    for (const auto& [name, value] : parameters) {
        if (!is_name(name) || name == only_in_config || is_older_name(parameters, name)) continue;
        if (passwords == Passwords::left_out && is_secret_parameter(name) && !value.empty())
            file += fmt::format("# {} {}\n", name, hidden);
        else
            file += lines_of(name, value);
    }
    return file + all_users(users, !text_of(parameters, "aclfile").empty(), passwords);
}

std::string user_lines(const std::vector<std::string>& users, Passwords passwords) {
    return all_users(users, false, passwords);
}

}  // namespace redisctl::redis
