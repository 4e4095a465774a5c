// What went wrong, as a value: a code for programs, a sentence for people, the cause, and a hint that can be pasted.
#pragma once

#include <string>
#include <string_view>

namespace redisctl {

// Each code says what a caller can do about it; cli/ turns it into an exit code. The JSON spelling is in code_name().
enum class ErrorCode {
    usage,            // wrong flags or configuration, nothing was asked
    not_found,        // the target does not exist, or the name is ambiguous
    unauthenticated,  // NOAUTH, WRONGPASS, 401
    forbidden,        // RBAC, NOPERM
    unreachable,      // no connection
    timeout,          // a deadline passed
    protocol,         // the peer speaks, but not what it should
    server,           // the peer answered with an error of its own (LOADING, MASTERDOWN, -ERR …)
    refused,          // we refuse, nothing was changed
    conflict,         // the world changed under us
    interrupted,      // Ctrl-C
    io,               // local files, stdout
    internal,         // a bug of ours
};

// The word of ERROR.code in JSON: "UNREACHABLE", "NOT_FOUND" …
std::string_view code_name(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;  // one sentence: the object, then what happened; lower case, no final dot
    std::string cause;    // why, as the layer below said it; may be empty
    std::string hint;     // a command or one thing to do; may be empty
    // A finer word for JSON and tests where several situations share a code ("WRONGPASS", "LOADING", "CLUSTER_MODE"); may be empty.
    std::string reason;

    // The word that JSON shows: reason when there is one, else code_name(code).
    std::string_view name() const;
    Error with_cause(std::string text) &&;
    Error with_hint(std::string text) &&;
    Error with_reason(std::string text) &&;
};

}  // namespace redisctl
