// Reads of single objects, and of the few objects of one Service: quorum reads (never from the watch cache), so that a
// decision stands on what is.
#pragma once

#include "base/result.h"
#include "kube/client.h"
#include "kube/objects.h"
#include "kube/pod_condition.h"
#include "kube/request.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::kube {

// One object on its way; several run at once. `await(client, read_service(…), deadline)` waits for one of them.
template <class T>
struct Reading {
    std::unique_ptr<Request> request;
    Result<T> (*parse)(std::string_view);

    bool done() const { return request->done(); }
    // Once done. Errors: those of Request, `protocol` when it is no such object.
    Result<T> take() {
        TRY(request->result());
        return parse(request->body());
    }
};

Reading<Pod> read_pod(Client& client, const std::string& ns, const std::string& name, Deadline deadline);
Reading<PodCondition> read_pod_condition(Client& client, const std::string& ns, const std::string& name,
                                         Deadline deadline);
Reading<Service> read_service(Client& client, const std::string& ns, const std::string& name, Deadline deadline);
Reading<StatefulSet> read_stateful_set(Client& client, const std::string& ns, const std::string& name,
                                       Deadline deadline);
Reading<K8sNode> read_k8s_node(Client& client, const std::string& name, Deadline deadline);
// All EndpointSlices of one Service.
Reading<Page<EndpointSlice>> read_endpoint_slices_of(Client& client, const std::string& ns, const std::string& service,
                                                     Deadline deadline);

// "?labelSelector=kubernetes.io/service-name=NAME", escaped.
std::string slices_of_service(const std::string& service);

}  // namespace redisctl::kube
