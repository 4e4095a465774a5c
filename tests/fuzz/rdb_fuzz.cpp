// Bytes of a peer or a file → what an RDB holds, in two ways of cutting them: the same facts, or the same error.
#include "redis/rdb_reader.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace redisctl;
using namespace redisctl::redis;

namespace {

// Values have an end, and none is longer than all bytes.
struct Counting : RdbVisitor {
    uint64_t keys = 0, ended = 0, bytes = 0;
    Result<void> key(const RdbKey&) override { return keys++, Result<void>{}; }
    Result<void> value(std::string_view more) override { return bytes += more.size(), Result<void>{}; }
    Result<void> value_ends() override { return ended++, Result<void>{}; }
    Result<void> function(std::string_view) override { return {}; }
};

Result<RdbFacts> read(std::string_view bytes, size_t piece, RdbVisitor* visitor = nullptr) {
    RdbReader reader(visitor);
    for (size_t at = 0; at < bytes.size(); at += piece) TRY(reader.feed(bytes.substr(at, piece)));
    return reader.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Result<RdbFacts> whole = read(bytes, std::max<size_t>(size, 1)), pieces = read(bytes, 3);
    if (whole.has_value() != pieces.has_value()) std::abort();
    if (whole ? *whole != *pieces : whole.error().message != pieces.error().message) std::abort();
    if (whole && (whole->keys() > size || whole->functions > size)) std::abort();
    // Names and libraries are read with a visitor only, and may be what is broken.
    Counting counting;
    const Result<RdbFacts> heard = read(bytes, 5, &counting);
    if (heard && (!whole || *heard != *whole)) std::abort();
    if (heard && heard->not_counted.empty() && (counting.keys != heard->keys() || counting.ended != counting.keys)) std::abort();
    if (counting.bytes > size) std::abort();
    return 0;
}
