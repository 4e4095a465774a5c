// The Kubernetes objects that redisctl reads, as plain values: only the fields in use. Unknown fields are ignored, a
// missing optional one is empty. Parsing reads one list page item by item, so that a page of 500 pods never stands in
// memory as one tree. A field of an unexpected type is as good as missing, null is missing, and a null list is empty
// (Go writes it so).
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::kube {

using Labels = std::map<std::string, std::string, std::less<>>;

struct OwnerReference {
    std::string kind, name;
    bool controller = false;
};

struct Meta {
    std::string name, ns, uid, resource_version;
    Labels labels;
    Labels annotations;  // without kubectl.kubernetes.io/last-applied-configuration: the whole object once more
    std::vector<OwnerReference> owners;
    bool terminating = false;  // deletionTimestamp is set
};

struct EnvVar {
    std::string name, value;
    std::string secret_name, secret_key;  // valueFrom.secretKeyRef
    std::string field_path;               // valueFrom.fieldRef
};

struct ContainerPort {
    std::string name;
    uint16_t port = 0;
};

struct VolumeMount {
    std::string volume, path, sub_path;
};

struct Container {
    std::string name, image;
    std::vector<std::string> command, args;
    std::vector<ContainerPort> ports;
    std::vector<EnvVar> env;
    std::vector<std::string> env_from_secrets;
    std::vector<VolumeMount> mounts;
    std::vector<std::string> probe_commands;  // liveness, readiness, startup: exec words joined by blanks, one a probe
};

struct Volume {
    std::string name;
    std::string secret_name;                          // secret.secretName (also of a projected source)
    std::map<std::string, std::string> secret_items;  // key → path, where items are named
    std::string config_map, pvc;
};

struct ContainerStatus {
    std::string name, waiting_reason;  // CrashLoopBackOff, ImagePullBackOff, ContainerCreating …
    bool ready = false, running = false;
    int64_t restarts = 0;
};

struct Pod {
    Meta meta;
    std::string phase;  // Pending | Running | Succeeded | Failed | Unknown
    std::string ip, node;
    bool ready = false;     // condition Ready
    std::string created;    // RFC 3339
    std::string subdomain;  // governing Service, for the pod's DNS name
    std::vector<Container> init_containers, containers;
    std::vector<Volume> volumes;
    std::vector<ContainerStatus> statuses;
};

struct ServicePort {
    std::string name;
    uint16_t port = 0;
    std::string target_port;
};

struct Service {
    Meta meta;
    std::string cluster_ip;  // "None" when headless
    Labels selector;
    std::vector<ServicePort> ports;
    bool publish_not_ready = false;
};

struct Endpoint {
    std::string address, pod;  // pod: targetRef.name, empty when it is no pod
    bool ready = true;         // conditions.ready; absent means ready
};

struct EndpointSlice {
    Meta meta;
    std::string service;  // label kubernetes.io/service-name
    std::vector<Endpoint> endpoints;
};

struct SecretObject {
    Meta meta;
    std::map<std::string, Secret, std::less<>> data;  // decoded
};

struct StatefulSet {
    Meta meta;
    int64_t generation = 0, observed_generation = 0;
    int64_t replicas = 1, ready_replicas = 0, updated_replicas = 0;  // replicas: spec's, the others status'
    std::string current_revision, update_revision;
    std::string update_strategy;     // RollingUpdate | OnDelete
    bool has_volume_claims = false;  // volumeClaimTemplates: its data outlive a pod

    // The controller has seen the last change, and every pod has the newest revision and is ready.
    bool settled() const;
};

// metav1.LabelSelector. Absent selects nothing, empty everything.
struct LabelSelector {
    struct Requirement {
        std::string key, op;  // In | NotIn | Exists | DoesNotExist
        std::vector<std::string> values;
    };
    bool present = false;
    Labels match;
    std::vector<Requirement> requirements;

    bool selects(const Labels& labels) const;
};

struct DisruptionBudget {
    Meta meta;
    LabelSelector selector;
    int64_t disruptions_allowed = 0, current_healthy = 0, desired_healthy = 0;
};

struct Taint {
    std::string key, value, effect;  // effect: NoSchedule | PreferNoSchedule | NoExecute
};

// A machine of the cluster; "node" alone is a Redis process.
struct K8sNode {
    Meta meta;
    std::string ready;           // condition Ready: True | False | Unknown; empty when there is none
    bool unschedulable = false;  // cordoned
    std::vector<Taint> taints;
};

// The error object of the API, for anything that is not 2xx.
struct Status {
    int code = 0;
    std::string reason, message;  // "Forbidden", "pods is forbidden: User …"
};

template <class T>
struct Page {
    std::vector<T> items;
    std::string next;              // metadata.continue; empty on the last page
    std::string resource_version;  // of the list
};

// Errors: `protocol` when the text is no JSON, no such list, nested over 64 levels or an item is no object; the message
// names the kind, the cause the place.
Result<Page<Pod>> parse_pods(std::string_view json);
Result<Page<Service>> parse_services(std::string_view json);
Result<Page<EndpointSlice>> parse_endpoint_slices(std::string_view json);
Result<Page<DisruptionBudget>> parse_disruption_budgets(std::string_view json);
// One object; same errors.
Result<Pod> parse_pod(std::string_view json);
Result<Service> parse_service(std::string_view json);
Result<StatefulSet> parse_stateful_set(std::string_view json);
Result<K8sNode> parse_k8s_node(std::string_view json);
// Also `protocol` when a value is no base64. No error shows any of the text.
Result<SecretObject> parse_secret(std::string_view json);
// What every object has, whatever its kind.
Result<Meta> parse_meta(std::string_view json);

// One line of a watch of EndpointSlices. A BOOKMARK has only slice.meta.resource_version, an ERROR only the status.
struct SliceEvent {
    std::string type;  // ADDED | MODIFIED | DELETED | BOOKMARK | ERROR
    EndpointSlice slice;
    Status error;
};
Result<SliceEvent> parse_slice_event(std::string_view line);

// nullopt when the body is no Status (a proxy's HTML page, a kubelet's plain text).
std::optional<Status> parse_status(std::string_view json);

}  // namespace redisctl::kube
