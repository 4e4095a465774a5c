#include "base/error.h"

#include <utility>

namespace redisctl {

std::string_view code_name(ErrorCode code) {
    switch (code) {
        case ErrorCode::usage: return "USAGE";
        case ErrorCode::not_found: return "NOT_FOUND";
        case ErrorCode::unauthenticated: return "UNAUTHENTICATED";
        case ErrorCode::forbidden: return "FORBIDDEN";
        case ErrorCode::unreachable: return "UNREACHABLE";
        case ErrorCode::timeout: return "TIMEOUT";
        case ErrorCode::protocol: return "PROTOCOL";
        case ErrorCode::server: return "SERVER_ERROR";
        case ErrorCode::refused: return "REFUSED";
        case ErrorCode::conflict: return "CONFLICT";
        case ErrorCode::interrupted: return "INTERRUPTED";
        case ErrorCode::io: return "IO";
        case ErrorCode::internal: return "INTERNAL";
    }
    return "INTERNAL";
}

std::string_view Error::name() const { return reason.empty() ? code_name(code) : std::string_view(reason); }

Error Error::with_cause(std::string text) && {
    cause = std::move(text);
    return std::move(*this);
}

Error Error::with_hint(std::string text) && {
    hint = std::move(text);
    return std::move(*this);
}

Error Error::with_reason(std::string text) && {
    reason = std::move(text);
    return std::move(*this);
}

}  // namespace redisctl
