#include "kube/json_fields.h"

#include <nlohmann/json.hpp>

namespace redisctl::kube {

using nlohmann::json;

const json& member(const json& value, const char* name) {
    static const json null;
    if (!value.is_object()) return null;
    auto found = value.find(name);
    return found == value.end() ? null : *found;
}

const json& list_at(const json& value, const char* name) {
    static const json empty = json::array();
    const json& list = member(value, name);
    return list.is_array() ? list : empty;
}

std::string text_at(const json& value, const char* name) {
    const json& text = member(value, name);
    return text.is_string() ? text.get_ref<const std::string&>() : std::string();
}

bool flag_at(const json& value, const char* name, bool otherwise) {
    const json& flag = member(value, name);
    return flag.is_boolean() ? flag.get<bool>() : otherwise;
}

int64_t integer_at(const json& value, const char* name) {
    const json& number = member(value, name);
    return number.is_number_integer() ? number.get<int64_t>() : 0;
}

std::optional<uint16_t> port_at(const json& value, const char* name) {
    int64_t port = integer_at(value, name);
    if (port < 1 || port > 65535) return std::nullopt;
    return static_cast<uint16_t>(port);
}

std::vector<std::string> texts_at(const json& value, const char* name) {
    std::vector<std::string> out;
    for (const json& text : list_at(value, name))
        if (text.is_string()) out.push_back(text.get<std::string>());
    return out;
}

Labels texts_by_name_at(const json& value, const char* name) {
    Labels out;
    const json& object = member(value, name);
    if (!object.is_object()) return out;
    for (const auto& [key, text] : object.items())
        if (text.is_string()) out.emplace(key, text.get<std::string>());
    return out;
}

Meta meta_of(const json& object) {
    const json& metadata = member(object, "metadata");
    Meta meta;
    meta.name = text_at(metadata, "name");
    meta.ns = text_at(metadata, "namespace");
    meta.uid = text_at(metadata, "uid");
    meta.resource_version = text_at(metadata, "resourceVersion");
    meta.labels = texts_by_name_at(metadata, "labels");
    meta.annotations = texts_by_name_at(metadata, "annotations");
    meta.annotations.erase("kubectl.kubernetes.io/last-applied-configuration");
    for (const json& owner : list_at(metadata, "ownerReferences"))
        meta.owners.push_back({text_at(owner, "kind"), text_at(owner, "name"), flag_at(owner, "controller")});
    meta.terminating = member(metadata, "deletionTimestamp").is_string();
    return meta;
}

}  // namespace redisctl::kube
