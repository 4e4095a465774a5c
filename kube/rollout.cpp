#include "kube/rollout.h"

#include "kube/changes.h"
#include "kube/json_fields.h"
#include "kube/list_reader.h"
#include "kube/resource.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl::kube {

namespace {

using nlohmann::json;

constexpr std::string_view on_delete = R"({"type":"OnDelete"})";

std::string dumped(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Image and strategy behind the tests that nobody changed either since they were read.
Result<std::vector<PatchOp>> change_of(const Rollout& rollout, const std::string& container, const std::string& image,
                                       std::string_view strategy) {
    const Container* found = rollout.find(container);
    if (found == nullptr)
        return fail(ErrorCode::not_found,
                    fmt::format("StatefulSet {} has no container {}", rollout.set.meta.name, container));
    const std::string place =
        fmt::format("/spec/template/spec/containers/{}", found - rollout.containers.data());
    return std::vector<PatchOp>{{"test", "/metadata/uid", json_text(rollout.set.meta.uid)},
                                {"test", "/spec/updateStrategy", rollout.strategy},
                                {"test", place + "/name", json_text(container)},
                                {"test", place + "/image", json_text(found->image)},
                                {"replace", "/spec/updateStrategy", std::string(strategy)},
                                {"replace", place + "/image", json_text(image)}};
}

}  // namespace

const Container* Rollout::find(std::string_view container) const {
    const auto found = std::find_if(containers.begin(), containers.end(),
                                    [&](const Container& one) { return one.name == container; });
    return found == containers.end() ? nullptr : &*found;
}

Result<Rollout> parse_rollout(std::string_view text) {
    Rollout out;
    TRY_ASSIGN(out.set, parse_stateful_set(text));
    TRY_ASSIGN(json object, read_object(text, "StatefulSet"));
    const json& spec = member(object, "spec");
    const json& pod = member(member(spec, "template"), "spec");
    for (const json& one : list_at(pod, "containers")) {
        Container container;
        container.name = text_at(one, "name");
        container.image = text_at(one, "image");
        for (const json& port : list_at(one, "ports"))
            container.ports.push_back({text_at(port, "name"), port_at(port, "containerPort").value_or(0)});
        out.containers.push_back(std::move(container));
    }
    out.strategy = dumped(member(spec, "updateStrategy"));
    const json& annotations = member(member(object, "metadata"), "annotations");
    out.annotated = annotations.is_object();
    out.note = text_at(annotations, std::string(upgrade_annotation).c_str());
    return out;
}

Reading<Rollout> read_rollout(Client& client, const std::string& ns, const std::string& name, Deadline deadline) {
    const Resource& sets = resource::stateful_sets;
    return {std::make_unique<Request>(client, Question{access_to("get", sets, ns, name), path_of(sets, ns, name)},
                                      deadline),
            parse_rollout};
}

Result<void> hold_rollout(Client& client, const Rollout& rollout, const std::string& container,
                          const std::string& image, const std::string& note, Deadline deadline) {
    TRY_ASSIGN(std::vector<PatchOp> ops, change_of(rollout, container, image, on_delete));
    if (!rollout.annotated) ops.push_back({"add", "/metadata/annotations", "{}"});
    ops.push_back({"add", json_pointer({"metadata", "annotations", upgrade_annotation}), json_text(note)});
    TRY(guarded_patch(client, resource::stateful_sets, rollout.set.meta.ns, rollout.set.meta.name, ops, deadline));
    return {};
}

Result<void> release_rollout(Client& client, const Rollout& rollout, const std::string& container,
                             const std::string& image, const std::string& strategy, Deadline deadline) {
    TRY_ASSIGN(std::vector<PatchOp> ops, change_of(rollout, container, image, strategy));
    if (!rollout.note.empty())
        ops.push_back({"remove", json_pointer({"metadata", "annotations", upgrade_annotation}), ""});
    TRY(guarded_patch(client, resource::stateful_sets, rollout.set.meta.ns, rollout.set.meta.name, ops, deadline));
    return {};
}

}  // namespace redisctl::kube
