#include "redis/rdb_reader.h"

#include "redis/crc64.h"
#include "redis/rdb_walk.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>

namespace redisctl::redis {

namespace {

constexpr size_t checksum_size = 8;
constexpr int first_with_checksum = 5;
constexpr uint8_t end_mark = 255;

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
    explicit Impl(RdbVisitor* visitor) : walk(facts, visitor) {}

    RdbFacts facts;
    rdb::Walk walk;
    uint64_t fed = 0;
    // The checksum is of all but itself, and where that begins is known only at the end.
    uint64_t crc = 0;
    std::string tail;
    uint8_t before_tail = 0;

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

    size_t size_of_checksum() const { return facts.version >= first_with_checksum ? checksum_size : 0; }
};

RdbReader::RdbReader(RdbVisitor* visitor) : impl_(std::make_unique<Impl>(visitor)) {}
RdbReader::~RdbReader() = default;
RdbReader::RdbReader(RdbReader&&) noexcept = default;

uint64_t RdbReader::keys() const {
    return impl_->walk.counted();
}

Result<void> RdbReader::feed(std::string_view bytes) {
    impl_->fed += bytes.size();
    impl_->sum_up(bytes);
    rdb::Walk& walk = impl_->walk;
    if (walk.going()) TRY(walk.feed(bytes));
    if (walk.ended() && impl_->fed > walk.walked() + impl_->size_of_checksum())
        return fail(walk.broken("there are bytes behind its end"));
    return {};
}

Result<RdbFacts> RdbReader::finish() {
    Impl& impl = *impl_;
    const rdb::Walk& walk = impl.walk;
    const auto cut = [&](std::string why) {
        return fail(Error{ErrorCode::protocol,
                          fmt::format("the RDB ends in the middle, at byte {}", impl.fed),
                          std::move(why),
                          {},
                          "RDB_CUT"});
    };
    if (!walk.begun()) return cut("its header is not there");
    if (walk.going()) return cut("its end mark is not there");
    const size_t size = impl.size_of_checksum();
    if (walk.ended() && impl.fed != walk.walked() + size) return cut("its checksum is not all there");
    // Where nothing was walked to its end, the end mark is in front of the checksum or nowhere.
    if (!walk.ended() && (size == 0 || impl.before_tail != end_mark)) return cut("its end mark is not there");
    if (size > 0) {
        const uint64_t wanted = rdb::little_endian(impl.tail);
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
