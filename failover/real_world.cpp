#include "failover/real_world.h"

#include "failover/actions.h"
#include "kube/changes.h"
#include "kube/endpoints_watch.h"
#include "kube/reads.h"
#include "kube/request.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl::failover {

namespace {

constexpr Millis one_request{10'000};

tl::unexpected<Error> no_kubernetes() {
    return fail(ErrorCode::internal, "there is no Kubernetes to ask");
}

Error no_such(const std::string& node) {
    return {ErrorCode::not_found, fmt::format("there is no node {} any more", node), {}, {}, {}};
}

std::vector<kube::PatchOp> kube_ops(const std::vector<PatchOp>& ops) {
    std::vector<kube::PatchOp> result;
    for (const PatchOp& op : ops) result.push_back({op.op, op.path, op.value});
    return result;
}

}  // namespace

const fleet::Node* RealWorld::find(const std::string& name) const {
    for (const std::vector<fleet::Node>* nodes : {&instance_.nodes, &instance_.sentinels})
        for (const fleet::Node& node : *nodes)
            if (node.name == name) return &node;
    return nullptr;
}

Answer RealWorld::ask_through(const net::HostPort& address, const Ask& ask, Deadline deadline) {
    const fleet::Node* node = find(ask.node);
    if (!node) return fail(no_such(ask.node));
    fleet::Node way = *node;
    way.address = address;
    const fleet::Call call{.node = &way, .requests = ask.requests, .alone = true};
    return std::move(fleet_.exec(std::span(&call, 1), deadline).front().replies);
}

std::vector<Answer> RealWorld::ask(std::span<const Ask> asks, Deadline deadline) {
    std::vector<fleet::Call> calls;
    for (const Ask& ask : asks) {
        const fleet::Node* node = find(ask.node);
        // A plan of another day may name a node that is gone; one question then answers for all.
        if (!node) return std::vector<Answer>(asks.size(), fail(no_such(ask.node)));
        calls.push_back({node, ask.requests});
    }
    std::vector<Answer> answers;
    for (fleet::Outcome& outcome : fleet_.exec(calls, deadline)) answers.push_back(std::move(outcome.replies));
    return answers;
}

Result<fleet::HistoryPart> RealWorld::history(const std::string& name, const fleet::HistoryRange& range,
                                              Deadline deadline) {
    const fleet::Node* node = find(name);
    if (!node) return fail(no_such(name));
    return fleet_.read_history(*node, range, deadline);
}

Result<std::optional<redis::Login>> RealWorld::login(const std::string& name) {
    const fleet::Node* node = find(name);
    if (!node) return fail(no_such(name));
    return fleet_.login(*node, Deadline::after(one_request));
}

Result<void> RealWorld::pause(Millis duration) {
    return loop_.pause(Deadline::after(duration));
}

Result<void> RealWorld::hold_lock(Millis at_least) {
    return lock_ ? lock_->keep(at_least) : Result<void>{};
}

Result<kube::Service> RealWorld::service(const std::string& name) {
    if (!client_) return no_kubernetes();
    const Deadline deadline = Deadline::after(one_request);
    return kube::await(*client_, kube::read_service(*client_, instance_.ns, name, deadline), deadline);
}

Result<kube::Pod> RealWorld::pod(const std::string& name) {
    if (!client_) return no_kubernetes();
    const Deadline deadline = Deadline::after(one_request);
    return kube::await(*client_, kube::read_pod(*client_, instance_.ns, name, deadline), deadline);
}

Result<void> RealWorld::patch(ObjectKind kind, const std::string& name, const std::vector<PatchOp>& ops) {
    if (!client_) return no_kubernetes();
    const kube::Resource& resource = kind == ObjectKind::service ? kube::resource::services : kube::resource::pods;
    auto patched =
        kube::guarded_patch(*client_, resource, instance_.ns, name, kube_ops(ops), Deadline::after(one_request));
    if (patched) return {};
    if (patched.error().reason == kube::unknown_outcome) patched.error().reason = uncertain;
    return fail(std::move(patched).error());
}

Result<void> RealWorld::annotate(const std::string& name, const std::map<std::string, std::string>& values) {
    if (!client_) return no_kubernetes();
    TRY_ASSIGN(const kube::Service found, service(name));
    std::vector<kube::PatchOp> ops;
    // The object may have annotations that we do not read (kubectl's own), so the list is only made when it is missing.
    const bool tested = found.meta.annotations.empty();
    for (const auto& [key, value] : values) {
        const std::string path = kube::json_pointer({"metadata", "annotations", key});
        if (!value.empty())
            ops.push_back({"add", path, kube::json_text(value)});
        else if (found.meta.annotations.contains(key))
            ops.push_back({"remove", path, ""});
    }
    if (ops.empty()) return {};
    const Deadline deadline = Deadline::after(one_request);
    auto patched = kube::guarded_patch(*client_, kube::resource::services, instance_.ns, name, ops, deadline);
    if (!patched && tested && patched.error().code != ErrorCode::forbidden) {
        ops.insert(ops.begin(), {"add", "/metadata/annotations", "{}"});
        patched = kube::guarded_patch(*client_, kube::resource::services, instance_.ns, name, ops, deadline);
    }
    TRY(patched);
    return {};
}

Result<std::vector<kube::EndpointSlice>> RealWorld::endpoints(const std::string& name) {
    if (!client_) return no_kubernetes();
    const Deadline deadline = Deadline::after(one_request);
    TRY_ASSIGN(auto page,
               kube::await(*client_, kube::read_endpoint_slices_of(*client_, instance_.ns, name, deadline), deadline));
    return std::move(page.items);
}

Result<void> RealWorld::await_endpoints(const std::string& name,
                                        const std::function<bool(const std::vector<kube::EndpointSlice>&)>& predicate,
                                        Deadline deadline) {
    if (!client_) return no_kubernetes();
    return kube::await_endpoints(*client_, instance_.ns, name, predicate, deadline);
}

Result<void> RealWorld::delete_pod(const std::string& name, const std::string& uid) {
    if (!client_) return no_kubernetes();
    return kube::delete_pod(*client_, instance_.ns, name, uid, Deadline::after(one_request));
}

}  // namespace redisctl::failover
