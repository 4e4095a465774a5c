#include "redis/directives.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace redisctl::redis {

namespace {

constexpr std::array<std::string_view, 2> kAddUp{"save", "client-output-buffer-limit"};
// A file may name some of the classes of clients only; the others keep what they have.
constexpr std::string_view kPartly = "client-output-buffer-limit";
constexpr std::string_view kBlanks = " \t\r";

void add(Directives& directives, const std::string& name, const std::string& value) {
    std::string& known = directives[name];
    const bool adds_up = std::ranges::find(kAddUp, name) != kAddUp.end();
    known = adds_up && !known.empty() ? known + " " + value : value;
}

// The next word, taken from the front; a quoted one without its quotes. nullopt: there is none.
std::optional<std::string> take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty()) return std::nullopt;
    std::string word;
    const char quote = line.front() == '"' || line.front() == '\'' ? line.front() : '\0';
    size_t at = quote ? 1 : 0;
    for (; at < line.size(); at++) {
        if (quote ? line[at] == quote : kBlanks.find(line[at]) != kBlanks.npos) break;
        if (quote && line[at] == '\\' && at + 1 < line.size()) at++;
        word += line[at];
    }
    line.remove_prefix(std::min(at + (quote ? 1 : 0), line.size()));
    return word;
}

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    while (std::optional<std::string> word = take_word(line)) words.push_back(std::move(*word));
    return words;
}

std::string joined(const std::vector<std::string>& words, size_t first) {
    std::string value;
    for (size_t i = first; i < words.size(); i++) value += (i > first ? " " : "") + words[i];
    return value;
}

bool is_server(std::string_view word) {
    const std::string_view name = word.substr(word.rfind('/') + 1);
    return name == "redis-server" || name == "valkey-server";
}

bool ends_command(std::string_view word) {
    return word == "&&" || word == "||" || word == "|" || word == ";" || word == "&" || word.ends_with(';');
}

// What follows the server's name.
Directives of_arguments(const std::vector<std::string>& words, size_t at) {
    Directives directives;
    std::string name;
    std::vector<std::string> value;
    const auto close = [&] {
        if (!name.empty()) add(directives, name, joined(value, 0));
        value.clear();
    };
    for (; at < words.size() && !ends_command(words[at]); at++) {
        if (words[at].starts_with("--") && words[at].size() > 2) {
            close();
            name = lower(words[at].substr(2));
        } else {
            value.push_back(words[at]);
        }
    }
    close();
    return directives;
}

// As redis src/util.c memtoull: k, m and g are powers of 1000, kb, mb and gb of 1024.
std::optional<double> bytes_of(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, double>, 8> units{{{"", 1},
                                                                        {"b", 1},
                                                                        {"k", 1e3},
                                                                        {"kb", 1024},
                                                                        {"m", 1e6},
                                                                        {"mb", 1024.0 * 1024},
                                                                        {"g", 1e9},
                                                                        {"gb", 1024.0 * 1024 * 1024}}};
    const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::optional<int64_t> number = parse_int(text.substr(0, end));
    const std::string unit = lower(text.substr(end));
    const auto found = std::ranges::find(units, std::string_view(unit), &std::pair<std::string_view, double>::first);
    if (!number || found == units.end()) return std::nullopt;
    return static_cast<double>(*number) * found->second;
}

}  // namespace

Directives directives_of_file(std::string_view text) {
    Directives directives;
    for (const std::string_view line : split(text, '\n')) {
        const std::vector<std::string> words = words_of(line);
        if (words.size() < 2 || words[0].starts_with('#')) continue;
        add(directives, lower(words[0]), joined(words, 1));
    }
    return directives;
}

Directives directives_of_command(const std::vector<std::string>& command) {
    const auto direct = std::ranges::find_if(command, is_server);
    if (direct != command.end()) return of_arguments(command, static_cast<size_t>(direct - command.begin()) + 1);
    // A shell's script: the line that runs it, which may go on behind a backslash.
    for (const std::string& script : command) {
        std::string text = script;
        for (size_t at; (at = text.find("\\\n")) != text.npos;) text.replace(at, 2, " ");
        for (const std::string_view line : split(text, '\n')) {
            const std::vector<std::string> words = words_of(line);
            const auto server = std::ranges::find_if(words, is_server);
            if (server != words.end()) return of_arguments(words, static_cast<size_t>(server - words.begin()) + 1);
        }
    }
    return {};
}

std::optional<bool> runs_with(std::string_view name, std::string_view running, std::string_view written) {
    if (running == written) return true;
    if (written.find('$') != written.npos || name == kPartly) return std::nullopt;
    if (lower(running) == lower(written)) return true;
    const auto bytes = bytes_of(running), wanted = bytes_of(written);
    return bytes && wanted && *bytes == *wanted;
}

}  // namespace redisctl::redis
