#include "kube/exec_status.h"

#include "base/text.h"
#include "kube/json_fields.h"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <string>

namespace redisctl::kube {

namespace {

using nlohmann::json;

constexpr size_t max_bytes = 64u << 10;

bool says_one_of(std::string_view text, std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts)
        if (text.find(part) != std::string_view::npos) return true;
    return false;
}

}  // namespace

Result<int> read_exec_status(std::string_view text) {
    const json status = text.size() > max_bytes ? json() : json::parse(text.begin(), text.end(), nullptr, false);
    const std::string outcome = text_at(status, "status");
    if (outcome == "Success") return 0;
    if (outcome != "Failure")
        return fail(ErrorCode::protocol, "the API server does not say how the command ended",
                    printable(text.substr(0, 80)));
    for (const json& cause : list_at(member(status, "details"), "causes"))
        if (text_at(cause, "reason") == "ExitCode")
            if (const auto code = parse_int(text_at(cause, "message")); code && *code >= 0 && *code <= 255)
                return static_cast<int>(*code);
    const std::string said = printable(text_at(status, "message"));
    // The words of runc and crun: the runtime has no code for it.
    if (says_one_of(said, {"executable file not found", "no such file or directory", "not found in $PATH"}))
        return fail(Error{ErrorCode::not_found, "the container has no such program", said, {}, "NO_SUCH_PROGRAM"});
    if (says_one_of(said, {"permission denied", "Permission denied"}))
        return fail(Error{ErrorCode::forbidden, "the container may not run this program", said, {}, "NOT_EXECUTABLE"});
    return fail(Error{ErrorCode::server, "the command could not be run", said, {}, text_at(status, "reason")});
}

}  // namespace redisctl::kube
