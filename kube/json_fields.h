// Reading fields of JSON that others wrote: what is missing or of another type is empty, nothing throws. Inside kube/
// only.
#pragma once

#include "kube/objects.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::kube {

// null when `value` is no object or has no such member.
const nlohmann::json& member(const nlohmann::json& value, const char* name);
// The member when it is a list; else an empty one.
const nlohmann::json& list_at(const nlohmann::json& value, const char* name);

std::string text_at(const nlohmann::json& value, const char* name);
bool flag_at(const nlohmann::json& value, const char* name, bool otherwise = false);
int64_t integer_at(const nlohmann::json& value, const char* name);
// nullopt when it is no port.
std::optional<uint16_t> port_at(const nlohmann::json& value, const char* name);
// The texts of a list.
std::vector<std::string> texts_at(const nlohmann::json& value, const char* name);
// The texts of an object.
Labels texts_by_name_at(const nlohmann::json& value, const char* name);

// "metadata" of an object.
Meta meta_of(const nlohmann::json& object);
LabelSelector label_selector(const nlohmann::json& in);

}  // namespace redisctl::kube
