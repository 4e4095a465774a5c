// Bytes of a server or a file → commands, in two ways of cutting them: the same ones, or the same error.
#include "redis/command_stream.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace redisctl;
using namespace redisctl::redis;

namespace {

struct Heard : CommandVisitor {
    std::string names, raw;  // of commands that ended
    std::string error;

    Heard(std::string_view bytes, size_t piece) {
        CommandStream stream(*this);
        for (size_t at = 0; at < bytes.size(); at += piece)
            if (const Result<void> fed = stream.feed(bytes.substr(at, piece)); !fed) {
                error = fed.error().message + fed.error().cause;
                return;
            }
        if (stream.read() != bytes.size() || stream.between_commands() != (raw.size() == bytes.size())) std::abort();
    }

    Result<void> command(std::string_view name) override { return name_ = name, Result<void>{}; }
    Result<void> bytes(std::string_view more) override { return raw_ += more, Result<void>{}; }
    Result<void> ends() override {
        names += name_ + "\n";
        raw += raw_;
        raw_.clear();
        return {};
    }

  private:
    std::string name_, raw_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Heard whole(bytes, std::max<size_t>(size, 1)), pieces(bytes, 3);
    if (whole.names != pieces.names || whole.raw != pieces.raw) std::abort();
    if (whole.error.empty() != pieces.error.empty()) std::abort();
    // Nothing is left out, and nothing is there twice.
    if (!bytes.starts_with(whole.raw)) std::abort();
    return 0;
}
