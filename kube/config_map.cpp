#include "kube/config_map.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"
#include "kube/resource.h"

#include <nlohmann/json.hpp>

namespace redisctl::kube {

Result<ConfigMapTexts> parse_config_map(std::string_view text) {
    TRY_ASSIGN(const nlohmann::json object, read_object(text, "ConfigMap"));
    return texts_by_name_at(object, "data");
}

Reading<ConfigMapTexts> read_config_map(Client& client, const std::string& ns, const std::string& name,
                                        Deadline deadline) {
    const Resource& resource = resource::config_maps;
    return {std::make_unique<Request>(
                client, Question{access_to("get", resource, ns, name), path_of(resource, ns, name)}, deadline),
            parse_config_map};
}

}  // namespace redisctl::kube
