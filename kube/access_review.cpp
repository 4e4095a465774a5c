#include "kube/access_review.h"

#include "base/text.h"
#include "kube/json_fields.h"
#include "kube/list_reader.h"
#include "kube/request.h"
#include "kube/resource.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace redisctl::kube {

namespace {

using nlohmann::json;

constexpr std::string_view review_kind = "SelfSubjectAccessReview";

std::string review_body(const Access& access) {
    const size_t slash = access.resource.find('/');
    json attributes{{"verb", access.verb}, {"group", access.group}, {"resource", access.resource.substr(0, slash)}};
    if (slash != std::string::npos) attributes["subresource"] = access.resource.substr(slash + 1);
    if (!access.ns.empty()) attributes["namespace"] = access.ns;
    if (!access.name.empty()) attributes["name"] = access.name;
    const json review{{"apiVersion", "authorization.k8s.io/v1"},
                      {"kind", review_kind},
                      {"spec", {{"resourceAttributes", std::move(attributes)}}}};
    return review.dump(-1, ' ', false, json::error_handler_t::replace);
}

Review read_review(const Access& access, Request& request) {
    auto unknown = [&](const Error& error) {
        return Review{access, Permission::unknown,
                      error.cause.empty() ? error.message : fmt::format("{}: {}", error.message, error.cause)};
    };
    if (!request.result()) return unknown(request.result().error());
    const Result<json> answer = read_object(request.body(), review_kind);
    if (!answer) return unknown(answer.error());
    const json& status = member(*answer, "status");
    if (flag_at(status, "allowed")) return {access, Permission::allowed, {}};
    // An authorizer that could not be asked denies nothing for sure.
    if (const std::string wrong = text_at(status, "evaluationError"); !wrong.empty() && !flag_at(status, "denied"))
        return {access, Permission::unknown, printable(wrong)};
    return {access, Permission::denied, printable(text_at(status, "reason"))};
}

}  // namespace

std::string_view permission_name(Permission permission) {
    switch (permission) {
        case Permission::allowed:
            return "allowed";
        case Permission::denied:
            return "denied";
        case Permission::unknown:
            break;
    }
    return "unknown";
}

Result<std::vector<Review>> review_access(Client& client, const std::vector<Access>& accesses, Deadline deadline) {
    const Access asking = access_to("create", resource::access_reviews, "", "");
    std::vector<std::unique_ptr<Request>> requests;
    for (const Access& access : accesses) {
        Question question{asking, path_of(resource::access_reviews, "", ""), "POST", review_body(access)};
        requests.push_back(std::make_unique<Request>(client, std::move(question), deadline));
    }
    TRY(client.loop().run(
        [&] { return std::all_of(requests.begin(), requests.end(), [](const auto& one) { return one->done(); }); },
        Deadline::never()));
    std::vector<Review> reviews;
    for (size_t i = 0; i < accesses.size(); i++) reviews.push_back(read_review(accesses[i], *requests[i]));
    return reviews;
}

}  // namespace redisctl::kube
