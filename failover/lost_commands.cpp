#include "failover/lost_commands.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace redisctl::failover {

namespace {

using Args = std::vector<std::string_view>;

constexpr size_t most_prefixes = 1'000;
constexpr size_t longest_prefix = 40;

std::string upper(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return result;
}

Error no_stream(size_t at) {
    return Error{ErrorCode::protocol,
                 "the replication stream cannot be read",
                 "at byte " + std::to_string(at) + " stands no command",
                 {},
                 {}};
}

// Commands one after the other. `at` is the beginning of the next.
class Stream {
  public:
    explicit Stream(std::string_view bytes) : bytes_(bytes) {}

    bool at_end() const { return at_ == bytes_.size(); }
    // The command that next() gave last, as it stands there.
    std::string_view taken() const { return bytes_.substr(begin_, at_ - begin_); }

    // nullopt: no whole command is left.
    Result<std::optional<Args>> next() {
        while (at_ < bytes_.size() && bytes_[at_] == '\n') at_++;
        size_t at = at_;
        TRY_ASSIGN(const std::optional<int64_t> count, number(at, '*'));
        if (!count) return std::optional<Args>();
        Args args;
        for (int64_t i = 0; i < *count; i++) {
            TRY_ASSIGN(const std::optional<int64_t> length, number(at, '$'));
            if (!length || bytes_.size() - at < static_cast<size_t>(*length) + 2) return std::optional<Args>();
            args.push_back(bytes_.substr(at, static_cast<size_t>(*length)));
            at += static_cast<size_t>(*length);
            if (bytes_.substr(at, 2) != "\r\n") return fail(no_stream(at));
            at += 2;
        }
        begin_ = at_;
        at_ = at;
        return std::optional(std::move(args));
    }

  private:
    // "*3\r\n"; nullopt when it is not whole.
    Result<std::optional<int64_t>> number(size_t& at, char sign) const {
        if (at >= bytes_.size()) return std::optional<int64_t>();
        if (bytes_[at] != sign) return fail(no_stream(at));
        const size_t end = bytes_.find("\r\n", at);
        if (end == std::string_view::npos) {
            if (bytes_.size() - at > 32) return fail(no_stream(at));
            return std::optional<int64_t>();
        }
        const std::optional<int64_t> value = parse_int(bytes_.substr(at + 1, end - at - 1));
        if (!value || *value < 0) return fail(no_stream(at));
        at = end + 2;
        return value;
    }

    std::string_view bytes_;
    size_t begin_ = 0, at_ = 0;
};

bool is_filler(const std::string& name) {
    return name == "PING" || name == "REPLCONF";
}

// Where the first key stands; 0: the command has none.
size_t first_key(const std::string& name, const Args& args) {
    constexpr std::array keyless{"FLUSHALL", "FLUSHDB", "SWAPDB", "PUBLISH", "SPUBLISH", "SCRIPT", "FUNCTION"};
    if (std::find(keyless.begin(), keyless.end(), name) != keyless.end()) return 0;
    size_t at = 1;
    if (name == "EVAL" || name == "EVALSHA" || name == "FCALL")
        at = args.size() > 2 && args[2] != "0" ? 3 : 0;
    else if (name == "BITOP" || name == "XGROUP")
        at = 2;
    return at < args.size() ? at : 0;
}

// What Sentinels tell each other goes through the master, and is nobody's loss.
bool is_hello(const std::string& name, const Args& args) {
    return name == "PUBLISH" && args.size() > 1 && args[1] == "__sentinel__:hello";
}

// Our own lock and probe keys are nobody's loss.
bool is_ours(const std::string& name, const Args& args) {
    const size_t at = first_key(name, args);
    return at > 0 && args[at].starts_with("redisctl:");
}

void count(Commands& commands, const std::string& name, const Args& args) {
    commands.writes++;
    commands.by_name[name]++;
    const size_t at = first_key(name, args);
    if (at == 0) return;
    std::string prefix = key_prefix(args[at]);
    const bool room = commands.by_prefix.size() < most_prefixes || commands.by_prefix.contains(prefix);
    commands.by_prefix[room ? std::move(prefix) : "…"]++;
}

void add(Commands& to, const Commands& more) {
    to.writes += more.writes;
    for (const auto& [name, times] : more.by_name) to.by_name[name] += times;
    for (const auto& [prefix, times] : more.by_prefix) to.by_prefix[prefix] += times;
    to.text += more.text;
}

}  // namespace

std::string key_prefix(std::string_view key) {
    std::string prefix;
    if (const size_t colon = key.find(':'); colon != std::string_view::npos && colon > 0) {
        prefix = std::string(key.substr(0, std::min(colon + 1, longest_prefix))) + "*";
    } else {
        size_t end = key.size();
        while (end > 0 && std::isdigit(static_cast<unsigned char>(key[end - 1]))) end--;
        prefix = std::string(key.substr(0, std::min(end, longest_prefix)));
        if (end < key.size() || end > longest_prefix) prefix += "*";
    }
    return printable(prefix);
}

Result<Commands> read_commands(std::string_view bytes) {
    Commands commands, transaction;
    Stream stream(bytes);
    bool open = false;
    for (;;) {
        TRY_ASSIGN(const std::optional<Args> args, stream.next());
        if (!args) break;
        if (args->empty()) continue;
        const std::string name = upper(args->front());
        if (is_filler(name) || is_ours(name, *args) || is_hello(name, *args)) continue;
        open = open || name == "MULTI";
        Commands& to = open ? transaction : commands;
        to.text += stream.taken();
        if (name != "SELECT" && name != "MULTI" && name != "EXEC") count(to, name, *args);
        if (name != "EXEC") continue;
        add(commands, std::exchange(transaction, {}));
        open = false;
    }
    commands.cut = open || !stream.at_end();
    return commands;
}

std::optional<int64_t> last_selected(std::string_view bytes) {
    constexpr std::string_view head = "*2\r\n$6\r\nSELECT\r\n$";
    size_t at = bytes.rfind(head);
    while (at != std::string_view::npos) {
        const std::string_view rest = bytes.substr(at + head.size());
        const size_t length_end = rest.find("\r\n");
        const size_t end = length_end == std::string_view::npos ? length_end : rest.find("\r\n", length_end + 2);
        if (end != std::string_view::npos) {
            const std::optional<int64_t> db = parse_int(rest.substr(length_end + 2, end - length_end - 2));
            if (db && *db >= 0) return db;
        }
        if (at == 0) break;
        at = bytes.rfind(head, at - 1);
    }
    return std::nullopt;
}

}  // namespace redisctl::failover
