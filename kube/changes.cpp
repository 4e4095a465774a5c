#include "kube/changes.h"

#include "base/text.h"
#include "kube/request.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace redisctl::kube {

namespace {

using nlohmann::json;

// Who managedFields says it was.
constexpr std::string_view as_redisctl = "?fieldManager=redisctl";

// 0 would not wait for the kubelet's word: two processes could share the pod's name.
constexpr int64_t shortest_grace = 1;

std::string dumped(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::string> patch_body(const std::vector<PatchOp>& ops) {
    json body = json::array();
    for (const PatchOp& op : ops) {
        json one{{"op", op.op}, {"path", op.path}};
        if (op.op != "remove") {
            json value = json::parse(op.value, nullptr, false);
            if (value.is_discarded())
                return fail(ErrorCode::internal, fmt::format("the patch of {} is no JSON", printable(op.path)));
            one["value"] = std::move(value);
        }
        body.push_back(std::move(one));
    }
    return dumped(body);
}

}  // namespace

std::string json_pointer(const std::vector<std::string_view>& steps) {
    std::string pointer;
    for (const std::string_view step : steps) {
        pointer += '/';
        for (const char c : step) {
            if (c == '~')
                pointer += "~0";
            else if (c == '/')
                pointer += "~1";
            else
                pointer += c;
        }
    }
    return pointer;
}

std::string json_text(std::string_view text) {
    return dumped(text);
}

std::string json_object(const Labels& labels) {
    json object = json::object();
    for (const auto& [key, value] : labels) object[key] = value;
    return dumped(object);
}

Result<Meta> guarded_patch(Client& client, const Resource& resource, const std::string& ns, const std::string& name,
                           const std::vector<PatchOp>& ops, Deadline deadline) {
    Question question;
    question.access = access_to("patch", resource, ns, name);
    question.path = path_of(resource, ns, name).append(as_redisctl);
    question.method = "PATCH";
    TRY_ASSIGN(question.body, patch_body(ops));
    question.content_type = "application/json-patch+json";
    question.only_reads = false;
    TRY_ASSIGN(const std::string body, ask(client, std::move(question), deadline));
    return parse_meta(body);
}

Result<void> delete_pod(Client& client, const std::string& ns, const std::string& name, const std::string& uid,
                        Deadline deadline, Grace grace) {
    json options{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"preconditions", {{"uid", uid}}}};
    if (grace == Grace::shortest) options["gracePeriodSeconds"] = shortest_grace;
    Question question;
    question.access = access_to("delete", resource::pods, ns, name);
    question.path = path_of(resource::pods, ns, name);
    question.method = "DELETE";
    question.body = dumped(options);
    question.only_reads = false;
    TRY(ask(client, std::move(question), deadline));
    return {};
}

}  // namespace redisctl::kube
