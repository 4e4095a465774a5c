#include "clients/haproxy_backends.h"

#include "base/text.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>

namespace redisctl::clients {

namespace {

// More rules than any check has; a bound on what each section copies from its defaults.
constexpr size_t kMaxSteps = 100;

using Words = std::vector<std::string>;
using Kind = HaproxyStep::Kind;

const std::string& word(const Words& words, size_t at) {
    static const std::string none;
    return at < words.size() ? words[at] : none;
}

bool has(const Words& words, std::string_view wanted, size_t from = 1) {
    return from < words.size() &&
           std::find(words.begin() + static_cast<std::ptrdiff_t>(from), words.end(), wanted) != words.end();
}

std::string from_hex(std::string_view text) {
    std::string out;
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : 0;
    };
    for (size_t i = 0; i + 1 < text.size(); i += 2) out += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
    return out;
}

// "10.0.0.1:6379", "[::1]:6379", "::1:6379", "ipv4@redis-0.redis:6379", "unix@/run/redis.sock"
void read_address(const std::string& text, HaproxyServer& server) {
    std::string_view rest = text;
    for (std::string_view family : {"ipv4@", "ipv6@", "tcp@", "tcp4@", "tcp6@"})
        if (rest.starts_with(family)) rest.remove_prefix(family.size());
    const size_t colon = rest.rfind(':');
    const size_t bracket = rest.find(']');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        server.port = parse_port(rest.substr(colon + 1));
        if (server.port || rest.substr(colon + 1).starts_with('+')) rest = rest.substr(0, colon);
    }
    if (rest.size() > 2 && rest.front() == '[' && rest.back() == ']') rest = rest.substr(1, rest.size() - 2);
    server.host = rest;
}

void read_options(const Words& words, size_t from, HaproxyServer& server) {
    for (size_t i = from; i < words.size(); i++) {
        const std::string& option = words[i];
        const std::string& value = word(words, i + 1);
        const auto time = [&](auto& target) {
            if (const auto parsed = parse_haproxy_time(value)) target = *parsed;
            i++;
        };
        const auto count = [&](int64_t& target) {
            target = std::clamp<int64_t>(parse_int(value).value_or(target), 1, 1'000'000);
            i++;
        };
        if (option == "check") {
            server.check = true;
        } else if (option == "no-check") {
            server.check = false;
        } else if (option == "ssl") {
            server.ssl = true;
        } else if (option == "no-ssl") {
            server.ssl = false;
        } else if (option == "check-ssl") {
            server.check_ssl = true;
        } else if (option == "no-check-ssl") {
            server.check_ssl = false;
        } else if (option == "backup") {
            server.backup = true;
        } else if (option == "disabled") {
            server.disabled = true;
        } else if (option == "inter") {
            time(server.inter);
        } else if (option == "fastinter") {
            time(server.fastinter);
        } else if (option == "downinter") {
            time(server.downinter);
        } else if (option == "fall") {
            count(server.fall);
        } else if (option == "rise") {
            count(server.rise);
        } else if (option == "resolvers") {
            server.resolvers = value;
            i++;
        } else if (option == "init-addr") {
            server.init_addr = value;
            i++;
        } else if (option == "on-marked-down") {
            server.shutdown_sessions = value == "shutdown-sessions";
            i++;
        }
    }
}

std::optional<HaproxyStep> read_step(const HaproxyLine& line) {
    const Words& words = line.words;
    const std::string& verb = word(words, 1);
    HaproxyStep step;
    step.line = line.number;
    if (verb == "connect") {
        step.kind = Kind::connect;
        step.ssl = has(words, "ssl", 2);
        return step;
    }
    if (verb == "send" || verb == "send-lf" || verb == "send-binary" || verb == "send-binary-lf") {
        step.kind = Kind::send;
        step.text = verb.starts_with("send-binary") ? from_hex(word(words, 2)) : word(words, 2);
        return step;
    }
    if (verb != "expect") return std::nullopt;
    step.kind = Kind::expect;
    for (size_t i = 2; i + 1 < words.size(); i++) {
        std::string_view match = words[i];
        if (match.starts_with('!')) {
            step.negated = true;
            match.remove_prefix(1);
        }
        if (match == "string" || match == "rstring" || match == "string-lf") {
            step.text = words[i + 1];
            break;
        }
        if (match == "binary" || match == "rbinary" || match == "binary-lf") {
            step.text = from_hex(words[i + 1]);
            break;
        }
    }
    return step;
}

// What a section says, and what it takes over from its defaults.
struct Reader {
    HaproxyBackend backend;
    HaproxyServer defaults;  // of `default-server`, as far as it was read

    void read(const std::vector<HaproxyLine>& lines) {
        own_steps_ = false;
        for (const HaproxyLine& line : lines) read(line);
    }

  private:
    void read(const HaproxyLine& line) {
        const Words& words = line.words;
        const std::string& first = words.front();
        if (first == "mode") {
            backend.http = word(words, 1) == "http";
            backend.mode_line = line.number;
        } else if (first == "option") {
            read_option(word(words, 1), line.number);
        } else if (first == "no" && word(words, 1) == "option") {
            read_option(word(words, 2), 0);
        } else if (first == "timeout") {
            read_timeout(words, line.number);
        } else if (first == "tcp-check") {
            // A section's own rules replace those of its defaults.
            if (!own_steps_) {
                backend.steps.clear();
                own_steps_ = true;
            }
            if (auto step = read_step(line); step && backend.steps.size() < kMaxSteps)
                backend.steps.push_back(std::move(*step));
        } else if (first == "default-server") {
            read_options(words, 1, defaults);
        } else if (first == "server" && words.size() >= 3) {
            add_server(line, 2);
        } else if (first == "server-template" && words.size() >= 4) {
            add_server(line, 3);
            // "3" or "1-3"
            const auto range = split(words[2], '-');
            const int64_t begin = range.size() > 1 ? parse_int(range[0]).value_or(1) : 1;
            const int64_t end = parse_int(range.back()).value_or(1);
            backend.servers.back().count =
                static_cast<size_t>(begin >= 0 && end >= begin && end < 100'000 ? end - begin + 1 : 1);
        }
        if (std::any_of(words.begin(), words.end(),
                        [](const std::string& one) { return one.find("nbsrv") != std::string::npos; }))
            backend.counts_servers = true;
    }

    void read_option(const std::string& name, size_t line) {
        const bool is_check = name == "tcp-check" || name == "redis-check" || name == "external-check" ||
                              name == "httpchk" || name == "mysql-check" || name == "pgsql-check" ||
                              name == "smtpchk" || name == "ldap-check" || name == "ssl-hello-chk" ||
                              name == "spop-check";
        if (!is_check) return;
        // The last one wins.
        backend.tcp_check = backend.redis_check = backend.external_check = backend.http_check = 0;
        (name == "tcp-check"        ? backend.tcp_check
         : name == "redis-check"    ? backend.redis_check
         : name == "external-check" ? backend.external_check
                                    : backend.http_check) = line;
    }

    void read_timeout(const Words& words, size_t line) {
        const auto time = parse_haproxy_time(word(words, 2));
        if (!time) return;
        const std::string& which = word(words, 1);
        if (which == "client") backend.client_timeout = {*time, line};
        if (which == "server") backend.server_timeout = {*time, line};
        if (which == "check") backend.check_timeout = {*time, line};
    }

    void add_server(const HaproxyLine& line, size_t address) {
        HaproxyServer server = defaults;
        server.name = line.words[1];
        server.line = line.number;
        read_address(line.words[address], server);
        read_options(line.words, address + 1, server);
        backend.servers.push_back(std::move(server));
    }

    bool own_steps_ = false;  // the rules of the check come from the section itself, not from its defaults
};

// The backends whose servers a frontend counts: "{ nbsrv(redis) gt 1 }".
std::set<std::string> counted_by_frontends(const std::vector<HaproxySection>& sections) {
    constexpr std::string_view fetch = "nbsrv(";
    std::set<std::string> names;
    for (const HaproxySection& section : sections) {
        if (section.kind != "frontend") continue;
        for (const HaproxyLine& line : section.lines)
            for (const std::string& one : line.words)
                if (const size_t at = one.find(fetch); at != std::string::npos) {
                    const size_t begin = at + fetch.size();
                    names.insert(one.substr(begin, one.find(')', begin) - begin));
                }
    }
    return names;
}

}  // namespace

std::optional<Millis> parse_haproxy_time(std::string_view text) {
    const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_int(text.substr(0, digits));
    const std::string_view unit = text.substr(digits);
    if (!number || *number > std::numeric_limits<int32_t>::max()) return std::nullopt;
    if (unit == "us") return Millis((*number + 999) / 1000);
    if (unit.empty() || unit == "ms") return Millis(*number);
    if (unit == "s") return std::chrono::seconds(*number);
    if (unit == "m") return std::chrono::minutes(*number);
    if (unit == "h") return std::chrono::hours(*number);
    if (unit == "d") return std::chrono::hours(24 * *number);
    return std::nullopt;
}

std::vector<HaproxyBackend> haproxy_backends(const std::vector<HaproxySection>& sections) {
    std::vector<HaproxyBackend> backends;
    const std::set<std::string> counted = counted_by_frontends(sections);
    Reader latest;                        // of the defaults that stand above
    std::map<std::string, Reader> named;  // of those that have a name
    for (const HaproxySection& section : sections) {
        if (section.kind == "defaults") {
            const auto parent = named.find(section.from);
            latest = parent != named.end() ? parent->second : Reader();
            latest.read(section.lines);
            if (!section.name.empty()) named.insert_or_assign(section.name, latest);
        }
        if (section.kind != "backend" && section.kind != "listen") continue;
        const auto wanted = named.find(section.from);
        Reader reader = wanted != named.end() ? wanted->second : latest;
        reader.backend.kind = section.kind;
        reader.backend.name = section.name;
        reader.backend.line = section.number;
        reader.read(section.lines);
        if (counted.contains(section.name)) reader.backend.counts_servers = true;
        backends.push_back(std::move(reader.backend));
    }
    return backends;
}

}  // namespace redisctl::clients
