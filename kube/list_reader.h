// One object or one list page of the API as JSON, read without ever holding more than one item as a tree. Inside kube/
// only.
#pragma once

#include "base/result.h"
#include "kube/objects.h"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace redisctl::kube {

struct ListHead {
    std::string next, resource_version;
};

// Gives each element of "items" to `take`, one after the other. Large subtrees that nobody reads (managedFields …) are
// not even built. Errors: as parse_pods.
Result<ListHead> read_list(std::string_view text, std::string_view kind,
                           const std::function<void(const nlohmann::json&)>& take);

template <class T>
Result<Page<T>> read_page(std::string_view text, std::string_view kind, T (*convert)(const nlohmann::json&)) {
    Page<T> page;
    TRY_ASSIGN(ListHead head,
               read_list(text, kind, [&](const nlohmann::json& item) { page.items.push_back(convert(item)); }));
    page.next = std::move(head.next);
    page.resource_version = std::move(head.resource_version);
    return page;
}

// One object of this kind, any when empty; same errors. `whole`: with the subtrees that lists leave out.
Result<nlohmann::json> read_object(std::string_view text, std::string_view kind, bool whole = false);

}  // namespace redisctl::kube
