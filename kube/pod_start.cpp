#include "kube/pod_start.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"

#include <nlohmann/json.hpp>

namespace redisctl::kube {

Result<PodStart> parse_pod_start(std::string_view text) {
    TRY_ASSIGN(const nlohmann::json object, read_object(text, "Pod", true));
    const nlohmann::json& status = member(object, "status");
    PodStart out;
    for (const nlohmann::json& condition : list_at(status, "conditions"))
        if (text_at(condition, "type") == "PodScheduled" && text_at(condition, "status") == "False")
            out.unscheduled = text_at(condition, "message");
    for (const nlohmann::json& one : list_at(status, "initContainerStatuses")) {
        InitContainer container{text_at(one, "name"), text_at(member(member(one, "state"), "waiting"), "reason"), {}};
        // The last end first: one that is started again has ended before.
        for (const char* when : {"state", "lastState"})
            if (const auto& ended = member(member(one, when), "terminated"); ended.is_object() && !container.exit_code)
                container.exit_code = integer_at(ended, "exitCode");
        out.init.push_back(std::move(container));
    }
    return out;
}

}  // namespace redisctl::kube
