#include "kube/object_event.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"

#include <nlohmann/json.hpp>

namespace redisctl::kube {

Result<ObjectEvent> parse_object_event(std::string_view line) {
    TRY_ASSIGN(const nlohmann::json event, read_object(line, ""));
    return ObjectEvent{text_at(event, "type"), meta_of(member(event, "object"))};
}

}  // namespace redisctl::kube
