#include "redis/rdb_reader.h"

#include "base/text.h"
#include "redis/crc64.h"
#include "redis/rdb_front.h"
#include "redis/rdb_shape.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace redisctl::redis {

using rdb::Front;
using rdb::Short;

namespace {

constexpr size_t header_size = 9;  // REDIS0011, VALKEY080
constexpr size_t checksum_size = 8;
constexpr int newest_version = 12;
constexpr int first_with_checksum = 5;
constexpr size_t longest_note = 1024, most_notes = 64;

enum Opcode : uint8_t { function2 = 245, aux = 250, expire_ms = 252, expire = 253, select_db = 254, eof = 255 };

uint64_t little_endian(std::string_view bytes) {
    uint64_t number = 0;
    for (size_t i = bytes.size(); i > 0; i--) number = number << 8 | static_cast<unsigned char>(bytes[i - 1]);
    return number;
}

}  // namespace

std::string_view checksum_name(RdbChecksum checksum) {
    return checksum == RdbChecksum::good ? "good" : "absent";
}

uint64_t RdbFacts::keys() const {
    uint64_t sum = 0;
    for (const auto& [number, database] : databases) sum += database.keys;
    return sum;
}

struct RdbReader::Impl {
    // Part of a shape, so many times more.
    struct Frame {
        std::string_view shape;
        uint64_t times = 1;
        size_t at = 0;
    };

    RdbFacts facts;
    uint64_t walked = 0, fed = 0, counted = 0;
    std::string rest;      // the begin of something that is not all there
    uint64_t to_skip = 0;  // bytes of a value
    std::vector<Frame> frames;
    RdbDatabase* database = nullptr;
    bool begun = false, ended = false, next_expires = false;
    // The checksum is of all but itself, and where that begins is known only at the end.
    uint64_t crc = 0;
    std::string tail;
    uint8_t before_tail = 0;

    Error broken(std::string_view why) const {
        return {ErrorCode::protocol,
                fmt::format("the RDB is broken at byte {}", walked),
                std::string(why),
                {},
                "RDB_BROKEN"};
    }

    bool walking() const { return !ended && facts.not_counted.empty(); }

    void sum_up(std::string_view bytes) {
        const size_t out = tail.size() + bytes.size() > checksum_size ? tail.size() + bytes.size() - checksum_size : 0;
        const size_t of_tail = std::min(out, tail.size()), of_bytes = out - of_tail;
        crc = crc64(crc, std::string_view(tail).substr(0, of_tail));
        crc = crc64(crc, bytes.substr(0, of_bytes));
        if (of_bytes > 0)
            before_tail = static_cast<uint8_t>(bytes[of_bytes - 1]);
        else if (of_tail > 0)
            before_tail = static_cast<uint8_t>(tail[of_tail - 1]);
        tail.erase(0, of_tail);
        tail.append(bytes.substr(of_bytes));
    }

    Result<void> walk(std::string_view bytes) {
        std::string joined;
        if (!rest.empty()) {
            joined = std::exchange(rest, {}).append(bytes);
            bytes = joined;
        }
        while (walking() && !bytes.empty()) {
            if (to_skip > 0) {
                const uint64_t skipped = std::min<uint64_t>(to_skip, bytes.size());
                to_skip -= skipped;
                walked += skipped;
                bytes.remove_prefix(skipped);
                continue;
            }
            Front front(bytes);
            try {
                TRY(step(front));
            } catch (const Short&) {
                rest = bytes;
                return {};
            }
            const size_t taken = bytes.size() - front.left();
            walked += taken;
            bytes.remove_prefix(taken);
        }
        return {};
    }

    Result<void> step(Front& front) {
        if (!begun) return header(front);
        return frames.empty() ? opcode(front) : piece(front);
    }

    Result<void> header(Front& front) {
        const std::string_view magic = front.take(header_size);
        const bool valkey = magic.starts_with("VALKEY");
        const std::optional<int64_t> version = parse_int(magic.substr(valkey ? 6 : 5));
        if ((!valkey && !magic.starts_with("REDIS")) || !version || *version < 1)
            return fail(Error{
                ErrorCode::protocol, "this is no RDB", "it begins with '" + printable(magic) + "'", {}, "NO_RDB"});
        facts.version = static_cast<int>(*version);
        begun = true;
        if (valkey || facts.version > newest_version)
            facts.not_counted =
                fmt::format("its format {} is newer than those known here, up to {}", printable(magic), newest_version);
        return {};
    }

    Result<void> opcode(Front& front) {
        const uint8_t code = front.byte();
        switch (code) {
            case eof:
                ended = true;
                return {};
            case select_db: {
                const auto number = front.length();
                if (!number || number->coded) return fail(broken("no number of a database"));
                database = &facts.databases[number->value];
                return {};
            }
            case expire:
            case expire_ms:
                front.take(code == expire ? 4 : 8);
                next_expires = true;
                return {};
            case aux:
                return note(front);
            case function2:
                facts.functions++;
                frames.push_back({"s"});
                return {};
            default:
                break;
        }
        if (const std::string_view shape = rdb_opcode_shape(code); !shape.empty()) {
            frames.push_back({shape});
            return {};
        }
        const std::string_view shape = rdb_value_shape(code);
        if (shape.empty()) {
            facts.not_counted =
                fmt::format("at byte {} stands something of type {}, which is not known here", walked, code);
            return {};
        }
        if (!database) database = &facts.databases[0];
        database->keys++;
        database->expiring += next_expires;
        counted++;
        next_expires = false;
        frames.push_back({shape});
        frames.push_back({"s"});  // the key
        return {};
    }

    // The only strings that are kept; long ones are none of those that we know, and are walked over.
    Result<void> note(Front& front) {
        const Front begin = front;
        const auto text = [&]() -> std::optional<std::string> {
            Front head = front;
            const auto length = head.length();
            const auto size = front.string_head();
            if (!length || !size || *size > longest_note || (length->coded && length->value == 3)) return std::nullopt;
            const std::string_view bytes = front.take(*size);
            if (!length->coded) return std::string(bytes);
            const uint64_t number = little_endian(bytes);
            const int64_t signed_number = *size == 1   ? static_cast<int8_t>(number)
                                          : *size == 2 ? static_cast<int16_t>(number)
                                                       : static_cast<int32_t>(number);
            return std::to_string(signed_number);
        };
        const std::optional<std::string> name = text();
        const std::optional<std::string> value = name ? text() : std::nullopt;
        if (!value) {
            front = begin;
            frames.push_back({"ss"});
        } else if (facts.notes.size() < most_notes) {
            facts.notes.emplace(*name, *value);
        }
        return {};
    }

    Result<void> piece(Front& front) {
        Frame& frame = frames.back();
        if (frame.at == frame.shape.size()) {
            frame.at = 0;
            if (--frame.times == 0) frames.pop_back();
            return {};
        }
        switch (frame.shape[frame.at]) {
            case 's': {
                const auto size = front.string_head();
                if (!size) return fail(broken("no length of a string"));
                to_skip = *size;
                break;
            }
            case 'l': {
                const auto length = front.length();
                if (!length || length->coded) return fail(broken("no length"));
                break;
            }
            case '1':
                to_skip = 1;
                break;
            case '4':
                to_skip = 4;
                break;
            case '8':
                to_skip = 8;
                break;
            case 'x':
                to_skip = 16;
                break;
            case 'd': {
                const uint8_t size = front.byte();
                to_skip = size < 253 ? size : 0;
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
    Result<void> of_module(Front& front) {
        static constexpr std::string_view pieces[] = {"", "l", "l", "4", "8", "s"};
        const auto code = front.length();
        if (!code || code->coded || code->value >= std::size(pieces))
            return fail(broken("no piece of what a module saves"));
        if (code->value == 0)
            frames.back().at++;
        else
            frames.push_back({pieces[code->value]});
        return {};
    }

    Result<void> group(Front& front) {
        const auto times = front.length();
        if (!times || times->coded) return fail(broken("no number of elements"));
        Frame& frame = frames.back();
        const size_t begin = frame.at + 2;  // behind "*("
        size_t end = begin;
        for (int depth = 1; depth > 0; end++) depth += (frame.shape[end] == '(') - (frame.shape[end] == ')');
        const std::string_view inside = frame.shape.substr(begin, end - 1 - begin);
        frame.at = end;
        if (times->value > 0) frames.push_back({inside, times->value});
        return {};
    }

    size_t size_of_checksum() const { return facts.version >= first_with_checksum ? checksum_size : 0; }
};

RdbReader::RdbReader() : impl_(std::make_unique<Impl>()) {}
RdbReader::~RdbReader() = default;
RdbReader::RdbReader(RdbReader&&) noexcept = default;

uint64_t RdbReader::keys() const {
    return impl_->counted;
}

Result<void> RdbReader::feed(std::string_view bytes) {
    impl_->fed += bytes.size();
    impl_->sum_up(bytes);
    if (impl_->walking()) TRY(impl_->walk(bytes));
    if (impl_->ended && impl_->fed > impl_->walked + impl_->size_of_checksum())
        return fail(impl_->broken("there are bytes behind its end"));
    return {};
}

Result<RdbFacts> RdbReader::finish() {
    Impl& impl = *impl_;
    const auto cut = [&](std::string why) {
        return fail(Error{ErrorCode::protocol,
                          fmt::format("the RDB ends in the middle, at byte {}", impl.fed),
                          std::move(why),
                          {},
                          "RDB_CUT"});
    };
    if (!impl.begun) return cut("its header is not there");
    if (impl.walking()) return cut("its end mark is not there");
    const size_t size = impl.size_of_checksum();
    if (impl.ended && impl.fed != impl.walked + size) return cut("its checksum is not all there");
    // Where nothing was walked to its end, the end mark is in front of the checksum or nowhere.
    if (!impl.ended && (size == 0 || impl.before_tail != eof)) return cut("its end mark is not there");
    if (size > 0) {
        const uint64_t wanted = little_endian(impl.tail);
        if (wanted != 0 && wanted != impl.crc)
            return fail(Error{ErrorCode::protocol,
                              "the RDB is broken: its checksum is wrong",
                              fmt::format("it says {:016x}, and its bytes make {:016x}", wanted, impl.crc),
                              {},
                              "RDB_CHECKSUM"});
        impl.facts.checksum = wanted == 0 ? RdbChecksum::absent : RdbChecksum::good;
    }
    return std::move(impl.facts);
}

}  // namespace redisctl::redis
