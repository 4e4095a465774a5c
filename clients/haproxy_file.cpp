#include "clients/haproxy_file.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace redisctl::clients {

namespace {

constexpr size_t kMaxBytes = 1u << 20;
constexpr size_t kMaxWords = 256;  // HAProxy itself takes 64

constexpr std::array<std::string_view, 18> kSections{
    "global", "defaults", "frontend",    "backend",     "listen", "resolvers", "peers",       "userlist",  "mailers",
    "cache",  "program",  "http-errors", "log-forward", "ring",   "fcgi-app",  "log-profile", "crt-store", "traces"};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// What stands behind a backslash; `at` is moved behind it.
void unescape(std::string_view line, size_t& at, std::string& word) {
    if (at >= line.size()) {
        word += '\\';
        return;
    }
    const char c = line[at++];
    if (c == 'x' && at + 1 < line.size() && hex_digit(line[at]) >= 0 && hex_digit(line[at + 1]) >= 0) {
        word += static_cast<char>(hex_digit(line[at]) * 16 + hex_digit(line[at + 1]));
        at += 2;
        return;
    }
    word += c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c;
}

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool open = false;
    char quote = 0;
    const auto end_word = [&] {
        if (open && words.size() < kMaxWords) words.push_back(std::move(word));
        word.clear();
        open = false;
    };
    for (size_t at = 0; at < line.size();) {
        const char c = line[at++];
        if (quote == '\'') {
            if (c == quote)
                quote = 0;
            else
                word += c;
        } else if (c == '\\') {
            open = true;
            unescape(line, at, word);
        } else if (quote == 0 && c == '#') {
            break;
        } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\r')) {
            end_word();
        } else if (c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
            open = true;
        } else {
            word += c;
            open = true;
        }
    }
    end_word();
    return words;
}

}  // namespace

Result<std::vector<HaproxySection>> parse_haproxy(std::string_view text) {
    if (text.size() > kMaxBytes) return fail(ErrorCode::usage, "the file is too large for a haproxy.cfg", "over 1 MiB");
    std::vector<HaproxySection> sections;
    size_t number = 0;
    for (std::string_view line : split(text, '\n')) {
        number++;
        std::vector<std::string> words = words_of(line);
        if (words.empty() || words.front().starts_with('.')) continue;
        if (std::find(kSections.begin(), kSections.end(), words.front()) == kSections.end()) {
            if (!sections.empty()) sections.back().lines.push_back({number, std::move(words)});
            continue;
        }
        HaproxySection& section = sections.emplace_back();
        section.kind = words[0];
        section.number = number;
        size_t next = 1;
        if (next < words.size() && words[next] != "from") section.name = words[next++];
        if (next + 1 < words.size() && words[next] == "from") section.from = words[next + 1];
    }
    if (sections.empty())
        return fail(ErrorCode::usage, "the file is no haproxy.cfg",
                    "it has no section: no frontend, backend or listen");
    return sections;
}

}  // namespace redisctl::clients
