#include "kube/recorded_event.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace redisctl::kube {

namespace {

using nlohmann::json;

RecordedEvent recorded_event(const json& in) {
    const json& about = member(in, "involvedObject");
    const json& series = member(in, "series");
    RecordedEvent out;
    out.meta = meta_of(in);
    out.type = text_at(in, "type");
    out.reason = text_at(in, "reason");
    out.message = text_at(in, "message");
    out.about_kind = text_at(about, "kind");
    out.about_name = text_at(about, "name");
    out.by = text_at(member(in, "source"), "component");
    if (out.by.empty()) out.by = text_at(in, "reportingComponent");
    // Newer reporters fill the series and eventTime, older ones the timestamps.
    const json& metadata = member(in, "metadata");
    for (std::string time : {text_at(series, "lastObservedTime"), text_at(in, "lastTimestamp"),
                             text_at(in, "eventTime"), text_at(metadata, "creationTimestamp")})
        if (out.time.empty()) out.time = std::move(time);
    out.count = std::max({int64_t{1}, integer_at(in, "count"), integer_at(series, "count")});
    return out;
}

}  // namespace

Result<Page<RecordedEvent>> parse_recorded_events(std::string_view text) {
    return read_page(text, "EventList", recorded_event);
}

std::unique_ptr<Listing<RecordedEvent>> list_events(Client& client, const std::string& ns) {
    auto listing = std::make_unique<Listing<RecordedEvent>>();
    std::vector<RecordedEvent>* items = &listing->items;
    auto consume = [items](std::string_view body) -> Result<std::string> {
        TRY_ASSIGN(Page<RecordedEvent> page, parse_recorded_events(body));
        std::move(page.items.begin(), page.items.end(), std::back_inserter(*items));
        return std::move(page.next);
    };
    listing->fetch = std::make_unique<Fetch>(client, path_of(resource::events, ns, "") + "?limit=500",
                                             access_to("list", resource::events, ns, ""), std::move(consume),
                                             [items] { items->clear(); });
    return listing;
}

}  // namespace redisctl::kube
