#include "kube/names.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"
#include "kube/resource.h"

#include <nlohmann/json.hpp>

namespace redisctl::kube {

Result<std::vector<std::string>> namespace_names(Client& client, Deadline deadline) {
    std::vector<std::string> names;
    Fetch fetch(
        client, path_of(resource::namespaces, "", "") + "?limit=500", access_to("list", resource::namespaces, "", ""),
        [&names](std::string_view body) -> Result<std::string> {
            TRY_ASSIGN(ListHead head, read_list(body, "NamespaceList", [&names](const nlohmann::json& item) {
                           names.push_back(text_at(member(item, "metadata"), "name"));
                       }));
            return std::move(head.next);
        },
        [&names] { names.clear(); });
    TRY(client.loop().run([&] { return fetch.done(); }, deadline));
    TRY(fetch.result());
    return names;
}

}  // namespace redisctl::kube
