#include "commands/upstream.h"

#include "topology/services.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl {

namespace {

using clients::UpstreamService;

// A pod's name is in DNS when the Service that it names is there; where Services are unknown it is believed.
bool has_dns_name(const fleet::Node& node, const fleet::Instance& instance) {
    if (node.dns_name.empty() || !instance.services_known) return !node.dns_name.empty();
    const std::string governing = node.dns_name.substr(node.pod.size() + 1);
    return std::any_of(instance.services.begin(), instance.services.end(), [&](const kube::Service& service) {
        return service.meta.name + "." + service.meta.ns + ".svc" == governing;
    });
}

clients::UpstreamNode node_of(const Context& context, const fleet::Node& node, const fleet::Instance& instance) {
    clients::UpstreamNode out;
    out.name = node.name;
    out.address = node.address;
    out.also = node.aliases;
    if (!node.pod.empty()) {
        out.stays = has_dns_name(node, instance);
        if (!node.address.host.empty()) out.also.push_back(node.address);
        if (!node.dns_name.empty()) out.also.push_back({node.dns_name, node.address.port});
        if (out.stays || node.address.host.empty()) out.address.host = node.dns_name;
    }
    const Globals& globals = context.globals();
    out.tls = node.tls.enabled || globals.tls;
    out.tls_name = !globals.sni.empty() ? globals.sni : node.dns_name;
    return out;
}

// Nodes that are not there are logged in to by nobody; where their password is, is known all the same.
std::optional<clients::Credential> credential_of(Context& context, const fleet::Node& node) {
    const std::string source = context.password_source(node);
    const Result<std::optional<redis::Login>> login = context.login(node);
    if (login && *login) return clients::Credential{*login, true, source};
    if (login || source == "none") return std::nullopt;
    return clients::Credential{redis::Login{node.acl_user, Secret(), true}, false, source};
}

std::string service_host(const std::string& name, const fleet::Instance& instance) {
    return fmt::format("{}.{}.svc", name, instance.ns);
}

// The first Service of the type, one that leads there now before one that does not.
std::optional<UpstreamService> service_of(const fleet::Instance& instance, const topology::Picture& picture,
                                          std::string_view type, std::string_view role) {
    std::optional<UpstreamService> best;
    for (const topology::ServicePicture& seen : picture.services) {
        if (seen.type != type) continue;
        const auto service = std::find_if(instance.services.begin(), instance.services.end(),
                                          [&](const kube::Service& one) { return one.meta.name == seen.name; });
        if (service == instance.services.end()) continue;
        const auto port = topology::redis_port(*service, instance);
        const bool leads = seen.routes_to == role;
        if (port && (!best || (leads && !best->leads_there)))
            best = UpstreamService{service_host(seen.name, instance), *port, leads, seen.name};
    }
    return best;
}

// A Service with Sentinel's port, be it its only one or not.
std::optional<UpstreamService> sentinel_service(const fleet::Instance& instance) {
    std::optional<UpstreamService> best;
    for (const kube::Service& service : instance.services)
        for (const kube::ServicePort& port : service.ports) {
            const bool is_sentinel =
                port.port == 26379 || port.target_port == "26379" || port.name.find("sentinel") != std::string::npos;
            if (!is_sentinel || (best && service.cluster_ip == "None")) continue;
            best = UpstreamService{service_host(service.meta.name, instance), port.port, true, service.meta.name};
        }
    return best;
}

// The master answers us, and the Sentinel holds it for dead.
bool misses_master(const topology::Picture& picture, const topology::SentinelPicture& sentinel) {
    if (!sentinel.master || !redis::has_flag(sentinel.master->flags, "s_down")) return false;
    return std::any_of(picture.nodes.begin(), picture.nodes.end(), [&](const topology::NodePicture& node) {
        return node.name == sentinel.master_node && node.view && node.view->role == redis::Role::master;
    });
}

}  // namespace

clients::Upstream upstream_of(Context& context, const Look& look, size_t i) {
    const fleet::Instance& instance = look.found.inventory.instances[i];
    const topology::Picture& picture = look.pictures[i];
    const Globals& globals = context.globals();
    clients::Upstream out;
    out.name = instance.name;
    out.ns = instance.ns;
    out.master = picture.master;
    out.client_certificate = !globals.cert.empty();
    out.insecure = globals.insecure;
    for (size_t n = 0; n < instance.nodes.size(); n++) {
        const fleet::Node& node = instance.nodes[n];
        clients::UpstreamNode upstream = node_of(context, node, instance);
        if (picture.nodes[n].view) upstream.role = picture.nodes[n].view->role;
        out.tls = out.tls || upstream.tls;
        out.client_certificate = out.client_certificate || !node.tls.cert_key.empty();
        if (std::optional<clients::Credential> login = credential_of(context, node)) {
            const bool both = out.redis.login && out.redis.read && login->read;
            out.passwords_differ =
                out.passwords_differ || (both && login->login->password != out.redis.login->password);
            if (!out.redis.login || !out.redis.read) out.redis = std::move(*login);
        }
        out.nodes.push_back(std::move(upstream));
    }
    for (size_t n = 0; n < instance.sentinels.size(); n++) {
        const fleet::Node& node = instance.sentinels[n];
        out.sentinels.push_back(node_of(context, node, instance));
        out.sentinel_tls = out.sentinel_tls || out.sentinels.back().tls;
        if (picture.sentinels[n].master)
            out.known_sentinels =
                std::max(out.known_sentinels, picture.sentinels[n].master->known_sentinels.value_or(0) + 1);
        out.sentinels_miss_master = out.sentinels_miss_master || misses_master(picture, picture.sentinels[n]);
        if (std::optional<clients::Credential> login = credential_of(context, node); login && !out.sentinel.login)
            out.sentinel = std::move(*login);
        if (picture.sentinels[n].master && out.master_name.empty()) out.master_name = picture.sentinels[n].master->name;
    }
    out.master_service = service_of(instance, picture, "master", "master");
    out.replica_service = service_of(instance, picture, "replicas", "replica");
    if (!out.sentinels.empty()) out.sentinel_service = sentinel_service(instance);
    return out;
}

}  // namespace redisctl
