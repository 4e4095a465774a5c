// What controllers and kubelets have reported about an object: core/v1 Event. The API server forgets them, after an
// hour by default (--event-ttl).
#pragma once

#include "base/result.h"
#include "kube/client.h"
#include "kube/objects.h"
#include "kube/resource.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace redisctl::kube {

namespace resource {
inline constexpr Resource events{"", "v1", "events"};
}  // namespace resource

struct RecordedEvent {
    Meta meta;
    std::string type;    // Normal | Warning
    std::string reason;  // "BackOff", "Unhealthy" …
    std::string message;
    std::string about_kind, about_name;  // the object; its namespace is the event's
    std::string by;                      // "kubelet", "statefulset-controller" …
    std::string time;                    // RFC 3339, of the last time; empty when the event names none
    int64_t count = 1;
};

Result<Page<RecordedEvent>> parse_recorded_events(std::string_view json);
// ns empty: all namespaces.
std::unique_ptr<Listing<RecordedEvent>> list_events(Client& client, const std::string& ns);

}  // namespace redisctl::kube
