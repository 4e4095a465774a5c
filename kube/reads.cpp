#include "kube/reads.h"

#include "kube/resource.h"

namespace redisctl::kube {

namespace {

template <class T>
Reading<T> read(Client& client, const Resource& resource, const std::string& ns, const std::string& name,
                Deadline deadline, Result<T> (*parse)(std::string_view)) {
    return {std::make_unique<Request>(
                client, Question{access_to("get", resource, ns, name), path_of(resource, ns, name)}, deadline),
            parse};
}

}  // namespace

Reading<Pod> read_pod(Client& client, const std::string& ns, const std::string& name, Deadline deadline) {
    return read<Pod>(client, resource::pods, ns, name, deadline, parse_pod);
}

Reading<PodCondition> read_pod_condition(Client& client, const std::string& ns, const std::string& name,
                                         Deadline deadline) {
    return read<PodCondition>(client, resource::pods, ns, name, deadline, parse_pod_condition);
}

Reading<Service> read_service(Client& client, const std::string& ns, const std::string& name, Deadline deadline) {
    return read<Service>(client, resource::services, ns, name, deadline, parse_service);
}

Reading<StatefulSet> read_stateful_set(Client& client, const std::string& ns, const std::string& name,
                                       Deadline deadline) {
    return read<StatefulSet>(client, resource::stateful_sets, ns, name, deadline, parse_stateful_set);
}

Reading<K8sNode> read_k8s_node(Client& client, const std::string& name, Deadline deadline) {
    return read<K8sNode>(client, resource::k8s_nodes, "", name, deadline, parse_k8s_node);
}

std::string slices_of_service(const std::string& service) {
    return "?labelSelector=" + url_escaped("kubernetes.io/service-name=" + service);
}

Reading<Page<EndpointSlice>> read_endpoint_slices_of(Client& client, const std::string& ns, const std::string& service,
                                                     Deadline deadline) {
    const Resource& slices = resource::endpoint_slices;
    return {
        std::make_unique<Request>(
            client, Question{access_to("list", slices, ns, ""), path_of(slices, ns, "") + slices_of_service(service)},
            deadline),
        parse_endpoint_slices};
}

}  // namespace redisctl::kube
