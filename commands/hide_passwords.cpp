#include "commands/hide_passwords.h"

#include "redis/sensitive.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string>

namespace redisctl {

namespace {

using nlohmann::json;

std::string text_at(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

size_t hide_in(json& value);

size_t replace(json& value, const std::string& with) {
    if (value == with) return 0;
    value = with;
    return 1;
}

// Not $(VARIABLE), and not what is empty.
bool is_spelled_out(const json& value) {
    if (!value.is_string()) return false;
    const auto& text = value.get_ref<const std::string&>();
    return !text.empty() && !text.starts_with('$');
}

// {"name": "REDIS_PASSWORD", "value": …} is a variable.
size_t hide_in_object(json& object) {
    size_t count = 0;
    const bool variable = redis::is_secret_variable(text_at(object, "name"));
    for (auto& [name, value] : object.items()) {
        const bool secret = variable && name == "value" && is_spelled_out(value);
        count += secret ? replace(value, std::string(redis::hidden)) : hide_in(value);
    }
    return count;
}

// Texts by name, as a ConfigMap has them.
size_t hide_in_data(json& data) {
    size_t count = 0;
    for (auto& [name, value] : data.items()) {
        const bool secret = redis::is_secret_variable(name) && is_spelled_out(value);
        count += secret ? replace(value, std::string(redis::hidden)) : hide_in(value);
    }
    return count;
}

// Words of a command line: the ones before tell that it is a password.
size_t hide_in_list(json& list) {
    size_t count = 0;
    std::string before;
    for (json& value : list) {
        const std::string word = value.is_string() ? value.get<std::string>() : std::string();
        const bool one_word = !word.empty() && word.find_first_of(" \n") == std::string::npos;
        if (one_word && redis::without_passwords_in_text(before + word).ends_with(" " + std::string(redis::hidden)))
            count += replace(value, std::string(redis::hidden));
        else
            count += hide_in(value);
        before = one_word ? before + word + " " : std::string();
    }
    return count;
}

size_t hide_in(json& value) {
    if (value.is_string())
        return replace(value, redis::without_passwords_in_text(value.get_ref<const std::string&>()));
    if (value.is_object()) return hide_in_object(value);
    return value.is_array() ? hide_in_list(value) : 0;
}

}  // namespace

size_t hide_passwords(json& object) {
    const bool secret = text_at(object, "kind") == "Secret";
    size_t count = 0;
    std::string what;
    if (secret) {
        for (const char* part : {"data", "stringData"}) {
            const auto data = object.find(part);
            if (data == object.end() || !data->is_object()) continue;
            for (const auto& [key, value] : data->items()) {
                what += (what.empty() ? "" : ",") + key;
                count++;
            }
            object.erase(data);
        }
    } else {
        if (const auto spec = object.find("spec"); spec != object.end()) count += hide_in(*spec);
        if (const auto data = object.find("data"); data != object.end()) count += hide_in_data(*data);
        what = fmt::format("{} passwords", count);
    }
    if (count > 0) object["metadata"]["annotations"]["redisctl.io/hidden"] = what;
    return count;
}

}  // namespace redisctl
