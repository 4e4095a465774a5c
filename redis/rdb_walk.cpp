#include "redis/rdb_walk.h"

#include "base/text.h"
#include "redis/rdb_shape.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace redisctl::redis::rdb {

namespace {

constexpr size_t header_size = 9;  // REDIS0011, VALKEY080
constexpr int newest_version = 12;
constexpr size_t longest_note = 1024, most_notes = 64;

enum Opcode : uint8_t {
    function2 = 245,
    idle = 248,
    frequency = 249,
    aux = 250,
    expire_ms = 252,
    expire = 253,
    select_db = 254,
    eof = 255
};

// Long ones are none of those that we know, and are walked over.
std::optional<std::string> short_string(Front& front) {
    Front head = front;
    const std::optional<uint64_t> size = head.string_head();
    return size && *size <= longest_note ? front.string() : std::nullopt;
}

}  // namespace

Error Walk::broken(std::string_view why) const {
    return {
        ErrorCode::protocol, fmt::format("the RDB is broken at byte {}", walked_), std::string(why), {}, "RDB_BROKEN"};
}

Result<void> Walk::feed(std::string_view bytes) {
    std::string joined;
    if (!rest_.empty()) {
        joined = std::exchange(rest_, {}).append(bytes);
        bytes = joined;
    }
    while (going() && !bytes.empty()) {
        size_t taken = 0;
        if (to_skip_ > 0) {
            taken = static_cast<size_t>(std::min<uint64_t>(to_skip_, bytes.size()));
            to_skip_ -= taken;
            TRY(tell(bytes.substr(0, taken)));
        } else {
            Front front(bytes);
            const bool in_value = in_ == In::value;
            try {
                TRY(step(front));
            } catch (const Short&) {
                rest_ = bytes;
                return {};
            }
            taken = bytes.size() - front.left();
            if (in_value) TRY(tell(bytes.substr(0, taken)));
        }
        walked_ += taken;
        bytes.remove_prefix(taken);
        if (in_ == In::value && frames_.empty()) TRY(end_value());
    }
    return {};
}

Result<void> Walk::tell(std::string_view bytes) {
    return visitor_ && in_ == In::value && !bytes.empty() ? visitor_->value(bytes) : Result<void>{};
}

Result<void> Walk::end_value() {
    in_ = In::between;
    key_ = {.database = key_.database, .name = {}, .type = 0, .expires_at_ms = {}, .idle_seconds = {}, .frequency = {}};
    return visitor_ ? visitor_->value_ends() : Result<void>{};
}

Result<void> Walk::step(Front& front) {
    if (!begun_) return header(front);
    if (in_ == In::name) return key_name(front);
    return frames_.empty() ? opcode(front) : piece(front);
}

Result<void> Walk::header(Front& front) {
    const std::string_view magic = front.take(header_size);
    const bool valkey = magic.starts_with("VALKEY");
    const std::optional<int64_t> version = parse_int(magic.substr(valkey ? 6 : 5));
    if ((!valkey && !magic.starts_with("REDIS")) || !version || *version < 1)
        return fail(
            Error{ErrorCode::protocol, "this is no RDB", "it begins with '" + printable(magic) + "'", {}, "NO_RDB"});
    facts_.version = static_cast<int>(*version);
    begun_ = true;
    if (valkey || facts_.version > newest_version)
        facts_.not_counted =
            fmt::format("its format {} is newer than those known here, up to {}", printable(magic), newest_version);
    return {};
}

Result<void> Walk::opcode(Front& front) {
    const uint8_t code = front.byte();
    switch (code) {
        case eof:
            ended_ = true;
            return {};
        case select_db: {
            const auto number = front.length();
            if (!number || number->coded) return fail(broken("no number of a database"));
            key_.database = number->value;
            database_ = &facts_.databases[number->value];
            return {};
        }
        case expire:
            key_.expires_at_ms = int64_t{static_cast<int32_t>(little_endian(front.take(4)))} * 1000;
            return {};
        case expire_ms:
            key_.expires_at_ms = static_cast<int64_t>(little_endian(front.take(8)));
            return {};
        case idle: {
            const auto seconds = front.length();
            if (!seconds || seconds->coded) return fail(broken("no length"));
            key_.idle_seconds = seconds->value;
            return {};
        }
        case frequency:
            key_.frequency = front.byte();
            return {};
        case aux:
            return note(front);
        case function2:
            return function(front);
        default:
            break;
    }
    if (const std::string_view shape = rdb_opcode_shape(code); !shape.empty()) {
        frames_.push_back({shape});
        return {};
    }
    return begin_value(code);
}

Result<void> Walk::begin_value(uint8_t type) {
    const std::string_view shape = rdb_value_shape(type);
    if (shape.empty()) {
        facts_.not_counted =
            fmt::format("at byte {} stands something of type {}, which is not known here", walked_, type);
        return {};
    }
    if (!database_) database_ = &facts_.databases[0];
    database_->keys++;
    database_->expiring += key_.expires_at_ms.has_value();
    counted_++;
    key_.type = type;
    frames_.push_back({shape});
    if (!visitor_) {
        frames_.push_back({"s"});  // the key's name
        in_ = In::value;
    } else {
        in_ = In::name;
    }
    return {};
}

Result<void> Walk::key_name(Front& front) {
    std::optional<std::string> name = front.string();
    if (!name) return fail(broken("no name of a key"));
    key_.name = std::move(*name);
    in_ = In::value;
    return visitor_->key(key_);
}

Result<void> Walk::function(Front& front) {
    if (visitor_) {
        const std::optional<std::string> code = front.string();
        if (!code) return fail(broken("no library of functions"));
        TRY(visitor_->function(*code));
    } else {
        frames_.push_back({"s"});
    }
    facts_.functions++;
    return {};
}

// The only strings that are kept of those that stand between the keys.
Result<void> Walk::note(Front& front) {
    const Front begin = front;
    std::optional<std::string> name = short_string(front);
    std::optional<std::string> value = name ? short_string(front) : std::nullopt;
    if (!value) {
        front = begin;
        frames_.push_back({"ss"});
    } else if (facts_.notes.size() < most_notes) {
        facts_.notes.emplace(std::move(*name), std::move(*value));
    }
    return {};
}

Result<void> Walk::piece(Front& front) {
    Frame& frame = frames_.back();
    if (frame.at == frame.shape.size()) {
        frame.at = 0;
        if (--frame.times == 0) frames_.pop_back();
        return {};
    }
    switch (frame.shape[frame.at]) {
        case 's': {
            const auto size = front.string_head();
            if (!size) return fail(broken("no length of a string"));
            to_skip_ = *size;
            break;
        }
        case 'l': {
            const auto length = front.length();
            if (!length || length->coded) return fail(broken("no length"));
            break;
        }
        case '1':
            to_skip_ = 1;
            break;
        case '4':
            to_skip_ = 4;
            break;
        case '8':
            to_skip_ = 8;
            break;
        case 'x':
            to_skip_ = 16;
            break;
        case 'd': {
            const uint8_t size = front.byte();
            to_skip_ = size < 253 ? size : 0;
            break;
        }
        case 'm':
            return of_module(front);
        case '*':
            return group(front);
        default:
            return fail(ErrorCode::internal, "an RDB shape has an unknown word");
    }
    frame.at++;
    return {};
}

// Each piece says what it is: src/rdb.h RDB_MODULE_OPCODE_*.
Result<void> Walk::of_module(Front& front) {
    static constexpr std::string_view pieces[] = {"", "l", "l", "4", "8", "s"};
    const auto code = front.length();
    if (!code || code->coded || code->value >= std::size(pieces))
        return fail(broken("no piece of what a module saves"));
    if (code->value == 0)
        frames_.back().at++;
    else
        frames_.push_back({pieces[code->value]});
    return {};
}

Result<void> Walk::group(Front& front) {
    const auto times = front.length();
    if (!times || times->coded) return fail(broken("no number of elements"));
    Frame& frame = frames_.back();
    const size_t begin = frame.at + 2;  // behind "*("
    size_t end = begin;
    for (int depth = 1; depth > 0; end++) depth += (frame.shape[end] == '(') - (frame.shape[end] == ')');
    const std::string_view inside = frame.shape.substr(begin, end - 1 - begin);
    frame.at = end;
    if (times->value > 0) frames_.push_back({inside, times->value});
    return {};
}

}  // namespace redisctl::redis::rdb
