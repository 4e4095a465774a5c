#include "kube/pod_condition.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace redisctl::kube {

namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, double>, 13> suffixes{{{"Ki", 0x1p10},
                                                                        {"Mi", 0x1p20},
                                                                        {"Gi", 0x1p30},
                                                                        {"Ti", 0x1p40},
                                                                        {"Pi", 0x1p50},
                                                                        {"Ei", 0x1p60},
                                                                        {"m", 1e-3},
                                                                        {"k", 1e3},
                                                                        {"M", 1e6},
                                                                        {"G", 1e9},
                                                                        {"T", 1e12},
                                                                        {"P", 1e15},
                                                                        {"E", 1e18}}};

ContainerCondition container(const json& spec) {
    ContainerCondition out;
    out.name = text_at(spec, "name");
    out.memory_limit = parse_quantity(text_at(member(member(spec, "resources"), "limits"), "memory"));
    for (const json& mount : list_at(spec, "volumeMounts"))
        out.mounts.emplace(text_at(mount, "mountPath"), text_at(mount, "name"));
    return out;
}

void add_status(ContainerCondition& out, const json& status) {
    out.restarts = integer_at(status, "restartCount");
    const json& ended = member(member(status, "lastState"), "terminated");
    if (!ended.is_object()) return;
    out.ended_by = text_at(ended, "reason");
    out.exit_code = integer_at(ended, "exitCode");
    out.ended_at = text_at(ended, "finishedAt");
}

}  // namespace

std::optional<int64_t> parse_quantity(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return std::nullopt;
    const std::string_view suffix = text.substr(static_cast<size_t>(end - text.data()));
    double factor = suffix.empty() ? 1 : 0;
    for (const auto& [name, value] : suffixes)
        if (suffix == name) factor = value;
    const double value = std::ceil(number * factor);
    if (factor == 0 || !(value < 0x1p62)) return std::nullopt;
    return static_cast<int64_t>(value);
}

Result<PodCondition> parse_pod_condition(std::string_view text) {
    TRY_ASSIGN(const json object, read_object(text, "Pod", true));
    const json& spec = member(object, "spec");
    PodCondition out;
    out.name = text_at(member(object, "metadata"), "name");
    for (const json& one : list_at(spec, "containers")) out.containers.push_back(container(one));
    for (const json& status : list_at(member(object, "status"), "containerStatuses"))
        for (ContainerCondition& one : out.containers)
            if (one.name == text_at(status, "name")) add_status(one, status);
    for (const json& volume : list_at(spec, "volumes"))
        for (const auto& [kind, value] : volume.items())
            if (kind != "name") out.volumes[text_at(volume, "name")] = kind;
    return out;
}

}  // namespace redisctl::kube
