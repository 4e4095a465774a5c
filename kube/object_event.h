// A line of a watch, of any kind of object, with what every object has.
#pragma once

#include "base/result.h"
#include "kube/objects.h"

#include <string>
#include <string_view>

namespace redisctl::kube {

// A BOOKMARK has only meta.resource_version, an ERROR not even that.
struct ObjectEvent {
    std::string type;  // ADDED | MODIFIED | DELETED | BOOKMARK | ERROR
    Meta meta;
};

// Errors: protocol.
Result<ObjectEvent> parse_object_event(std::string_view line);

}  // namespace redisctl::kube
