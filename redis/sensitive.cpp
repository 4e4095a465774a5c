#include "redis/sensitive.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace redisctl::redis {

namespace {

constexpr std::array<std::string_view, 7> kSecretParameters{
    "requirepass", "masterauth",   "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass",
    "auth-pass",   "sentinel-pass"};

void hide_from(Request& command, size_t first) {
    for (size_t i = first; i < command.size(); i++) command[i] = hidden;
}

// Behind each word AUTH or AUTH2, that many words.
void hide_behind_auth(Request& command, size_t auth, size_t auth2) {
    for (size_t i = 1; i < command.size(); i++) {
        const std::string word = lower(command[i]);
        const size_t count = word == "auth" ? auth : word == "auth2" ? auth2 : 0;
        for (size_t k = 1; k <= count && i + k < command.size(); k++) command[i + k] = hidden;
        i += count;
    }
}

bool is_spelled_out(std::string_view value) {
    const size_t at = value.find_first_not_of("\"'");
    return at != std::string_view::npos && value[at] != '$';
}

// Words of one line with the blanks before each kept.
std::string without_passwords_in_line(std::string_view line) {
    std::string out;
    bool of_cli = false, of_user = false;
    size_t hide_after = 0;  // so many words further on stands a password; 0: none
    std::string before;     // the word
    for (size_t at = 0; at < line.size();) {
        const size_t begin = std::min(line.find_first_not_of(" \t\r", at), line.size());
        // A password in quotes may hold blanks.
        const bool quoted = hide_after == 1 && begin < line.size() && (line[begin] == '"' || line[begin] == '\'');
        const size_t from = quoted ? std::min(line.find(line[begin], begin + 1), line.size()) : begin;
        const size_t end = std::min(line.find_first_of(" \t\r", from), line.size());
        out += line.substr(at, begin - at);
        const std::string_view word = line.substr(begin, end - begin);
        at = end;
        const std::string name = lower(word.substr(std::min(word.find_first_not_of("-\"'["), word.size())));
        const size_t equals = word.find('=');
        const std::string_view variable = word.substr(0, std::min(equals, word.size()));
        if (hide_after == 1 && is_spelled_out(word))
            out += hidden;
        else if (of_user && (word.starts_with('>') || word.starts_with('#')))
            out += fmt::format("{}{}", word.front(), hidden);
        else if (equals != std::string_view::npos && is_secret_variable(variable) &&
                 is_spelled_out(word.substr(equals + 1)))
            out += fmt::format("{}={}", variable, hidden);
        else
            out += word;
        if (hide_after > 0) --hide_after;
        of_cli = of_cli || word.ends_with("redis-cli") || word.ends_with("valkey-cli");
        of_user = of_user || (before.empty() && name == "user");
        if (is_secret_parameter(name)) hide_after = before == "sentinel" && name == "auth-pass" ? 2 : 1;
        if (of_cli && (word == "-a" || word == "--pass")) hide_after = 1;
        before = name;
    }
    return out;
}

}  // namespace

bool is_secret_parameter(std::string_view name) {
    return std::ranges::find(kSecretParameters, lower(name)) != kSecretParameters.end();
}

Request without_secrets(Request command) {
    if (command.empty()) return command;
    const std::string name = lower(command[0]);
    const std::string second = command.size() > 1 ? lower(command[1]) : std::string();
    if (name == "auth") hide_from(command, 1);
    if (name == "hello") hide_behind_auth(command, 2, 0);
    if (name == "migrate") hide_behind_auth(command, 1, 2);
    if (name == "acl" && second == "setuser") hide_from(command, 3);
    if ((name == "config" || name == "sentinel") && second.starts_with("set"))
        for (size_t i = 2; i + 1 < command.size(); i++)
            if (is_secret_parameter(command[i])) command[++i] = hidden;
    if (name == "sentinel" && second == "config")
        for (size_t i = 2; i + 1 < command.size(); i++)
            if (is_secret_parameter(command[i])) command[++i] = hidden;
    return command;
}

bool is_secret_variable(std::string_view name) {
    const std::string word = lower(name);
    const auto has = [&](std::string_view part) { return word.find(part) != std::string::npos; };
    if (word.ends_with("_file") || has("allow_empty")) return false;
    return has("password") || has("passwd") || has("secret") || has("token") || word.ends_with("_pass");
}

std::string without_passwords_in_text(std::string_view text) {
    std::string out;
    bool first = true;
    for (const std::string_view line : split(text, '\n')) {
        if (!std::exchange(first, false)) out += '\n';
        out += without_passwords_in_line(line);
    }
    return out;
}

}  // namespace redisctl::redis
