// Bytes of a peer or a file → what an RDB holds, in two ways of cutting them: the same facts, or the same error.
#include "redis/rdb_reader.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace redisctl;
using namespace redisctl::redis;

namespace {

Result<RdbFacts> read(std::string_view bytes, size_t piece) {
    RdbReader reader;
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
    return 0;
}
