#include "redis/sensitive.h"

#include "base/text.h"

#include <algorithm>
#include <array>

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

}  // namespace redisctl::redis
