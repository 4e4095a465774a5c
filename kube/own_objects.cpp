#include "kube/own_objects.h"

#include "kube/request.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace redisctl::kube {

Result<std::string> create_object(Client& client, const Resource& resource, const std::string& ns,
                                  const std::string& name, std::string body, Deadline deadline) {
    Question question;
    question.access = access_to("create", resource, ns, name);
    question.path = path_of(resource, ns, "").append("?fieldManager=redisctl");
    question.method = "POST";
    question.body = std::move(body);
    question.only_reads = false;
    return ask(client, std::move(question), deadline);
}

Result<void> delete_object(Client& client, const Resource& resource, const std::string& ns, const std::string& name,
                           const std::string& uid, Deadline deadline) {
    const nlohmann::json options{{"apiVersion", "v1"},
                                 {"kind", "DeleteOptions"},
                                 {"preconditions", {{"uid", uid}}},
                                 {"propagationPolicy", "Background"}};
    Question question;
    question.access = access_to("delete", resource, ns, name);
    question.path = path_of(resource, ns, name);
    question.method = "DELETE";
    question.body = options.dump();
    question.only_reads = false;
    TRY(ask(client, std::move(question), deadline));
    return {};
}

}  // namespace redisctl::kube
