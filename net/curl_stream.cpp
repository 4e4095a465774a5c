#include "net/curl_stream.h"

#include <array>

namespace redisctl::net {

namespace {

constexpr size_t at_once = 256u << 10;  // what is read is still in the cache when it is looked at

}  // namespace

CurlStream::CurlStream(Loop& loop, const TransferOptions& options) : loop_(loop), transfer_(loop, options, this) {}

CurlStream::~CurlStream() {
    loop_.remove(*this);
}

void CurlStream::advance() {
    if (owner_) loop_.wake(*owner_);
}

Result<void> CurlStream::pump(std::string& out, std::string& in) {
    if (!transfer_.finished()) return {};
    TRY(transfer_.result());
    // A send that fails is told of only after reading: what the peer said before it hung up (a TLS alert, an -ERR) is
    // the better reason.
    Result<size_t> moved = 0;
    size_t sent = 0;
    while (sent < out.size() && (moved = transfer_.send(std::string_view(out).substr(sent))) && *moved > 0)
        sent += *moved;
    out.erase(0, sent);
    // TLS may hold decrypted bytes that poll cannot see, so read until nothing is left. A peer that sends faster than we
    // read would never come to that: the owner takes what is there, and comes again.
    std::array<char, 16384> buffer;
    for (size_t taken = 0;;) {
        if (taken >= at_once) {
            if (owner_) loop_.wake(*owner_);
            break;
        }
        TRY_ASSIGN(const size_t n, transfer_.receive(buffer.data(), buffer.size()));
        if (n == 0) break;
        in.append(buffer.data(), n);
        taken += n;
    }
    TRY(moved);
    return {};
}

Interest CurlStream::interest(bool sending) const {
    if (!connected()) return {};
    return {transfer_.fd(), true, sending};
}

}  // namespace redisctl::net
