#include "failover/plan_fields.h"

#include <nlohmann/json.hpp>

#include <array>
#include <type_traits>

namespace redisctl::failover {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> verdicts{"ok", "warn", "block", "unknown"};
constexpr std::array<std::string_view, 2> modes{"planned", "emergency"};

template <class T>
constexpr bool is_variant = std::is_same_v<T, Condition> || std::is_same_v<T, Action>;
template <class T>
constexpr bool is_plain = std::is_arithmetic_v<T> || std::is_same_v<T, std::string>;

struct Writer {
    Json json = Json::object();

    template <class T>
    static Json of(const T& value) {
        if constexpr (is_plain<T>) {
            return value;
        } else if constexpr (std::is_same_v<T, Verdict>) {
            return verdicts[static_cast<size_t>(value)];
        } else if constexpr (std::is_same_v<T, Mode>) {
            return modes[static_cast<size_t>(value)];
        } else if constexpr (is_variant<T>) {
            return std::visit([](const auto& one) { return of(one); }, value);
        } else {
            Writer writer;
            if constexpr (requires { Named<T>::value; }) writer.json["type"] = Named<T>::value;
            // One list of members serves both directions, so it takes them as changeable; this one only reads.
            fields(writer, const_cast<T&>(value));
            return std::move(writer.json);
        }
    }
    template <class T>
    static Json of(const std::vector<T>& values) {
        Json list = Json::array();
        for (const T& value : values) list.push_back(of(value));
        return list;
    }
    template <class T>
    static Json of(const std::map<std::string, T>& values) {
        Json object = Json::object();
        for (const auto& [key, value] : values) object[key] = of(value);
        return object;
    }
    template <class T>
    static Json of(const std::optional<T>& value) {
        return value ? Json(*value) : Json(nullptr);
    }

    template <class T>
    void operator()(const char* name, const T& value) {
        json[name] = of(value);
    }
};

// Throws nlohmann's exceptions and std::invalid_argument; plan_from_json catches them.
struct Reader {
    const Json& json;

    template <class T>
    static void into(T& value, const Json& from) {
        if constexpr (is_plain<T>)
            value = from.get<T>();
        else if constexpr (std::is_same_v<T, Verdict>)
            value = static_cast<Verdict>(index(verdicts, from));
        else if constexpr (std::is_same_v<T, Mode>)
            value = static_cast<Mode>(index(modes, from));
        else if constexpr (is_variant<T>)
            value = alternative<T>(from);
        else {
            Reader reader{from};
            fields(reader, value);
        }
    }
    template <class T>
    static void into(std::vector<T>& values, const Json& from) {
        values.clear();
        for (const Json& one : from) into(values.emplace_back(), one);
    }
    template <class T>
    static void into(std::map<std::string, T>& values, const Json& from) {
        values.clear();
        for (const auto& [key, value] : from.items()) into(values[key], value);
    }
    template <class T>
    static void into(std::optional<T>& value, const Json& from) {
        value.reset();
        if (!from.is_null()) value = from.get<T>();
    }

    template <size_t N>
    static size_t index(const std::array<std::string_view, N>& words, const Json& from) {
        const std::string word = from.get<std::string>();
        for (size_t i = 0; i < N; i++)
            if (words[i] == word) return i;
        throw std::invalid_argument("unknown word " + word);
    }
    template <class V, size_t I = 0>
    static V alternative(const Json& from) {
        if constexpr (I == std::variant_size_v<V>) {
            throw std::invalid_argument("unknown type " + from.at("type").get<std::string>());
        } else {
            using T = std::variant_alternative_t<I, V>;
            if (from.at("type").get<std::string>() != Named<T>::value) return alternative<V, I + 1>(from);
            T value;
            into(value, from);
            return value;
        }
    }

    template <class T>
    void operator()(const char* name, T& value) {
        into(value, json.at(name));
    }
};

}  // namespace

Json to_json(const Action& action) {
    Json json = Writer::of(action);
    json["commands"] = lines_of(action);
    return json;
}

Json to_json(const Unshared& unshared) {
    return Writer::of(unshared);
}

Json to_json(const Condition& condition) {
    return Writer::of(condition);
}

Json to_json(const Plan& plan) {
    Json json = Writer::of(plan);
    for (size_t i = 0; i < plan.steps.size(); i++) {
        // For those who read it: a dry run without the lines that will be sent says little.
        json["steps"][i]["action"] = to_json(plan.steps[i].action);
        for (size_t u = 0; u < plan.steps[i].undo.size(); u++)
            json["steps"][i]["undo"][u] = to_json(plan.steps[i].undo[u]);
    }
    return json;
}

Result<Plan> plan_from_json(const Json& json) {
    try {
        Plan plan;
        Reader::into(plan, json);
        return plan;
    } catch (const std::exception& error) {
        return fail(ErrorCode::protocol, "the plan cannot be read", error.what(),
                    "it was written by another version of redisctl: resume it with that one");
    }
}

}  // namespace redisctl::failover
