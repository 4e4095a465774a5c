// Names by which the servers call each other. Whether a name resolves where a server runs cannot be asked from here;
// but those of pods are made of a headless Service and its endpoints, and these can be seen.
#include "base/text.h"
#include "failover/condition_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace redisctl::failover {

namespace {

bool is_name(std::string_view host) {
    const std::string_view last = host.substr(host.rfind('.') + 1);
    return host.find(':') == std::string_view::npos && host != "localhost" &&
           last.find_first_not_of("0123456789") != std::string_view::npos;
}

class Names {
  public:
    Names(topology::Findings& out, const Facts& facts) : out_(out), facts_(facts) {}

    void run() {
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            if (!facts_.nodes[i].view) continue;
            const redis::NodeView& view = *facts_.nodes[i].view;
            const std::string& name = facts_.instance.nodes[i].name;
            if (view.role == redis::Role::replica)
                judge(view.master_host, name, fmt::format("{} is told to follow", name), view.link_up == false);
            if (view.role == redis::Role::master)
                for (const redis::AttachedReplica& replica : view.replicas)
                    judge(replica.host, name, "a replica calls itself", false);
        }
        for (const topology::SentinelPicture& sentinel : facts_.picture.sentinels)
            if (sentinel.view && sentinel.master)
                judge(sentinel.master->host, sentinel.name, fmt::format("{} tells clients of", sentinel.name), false);
    }

  private:
    void judge(const std::string& host, const std::string& node, const std::string& says, bool broken) {
        if (!is_name(host)) return;
        const std::optional<std::string> why = why_not_found(host);
        if (why && why->empty()) return;
        if (!judged_.insert({node, host}).second) return;
        if (why)
            out_.add(broken ? Severity::critical : Severity::warning, "NAME_NOT_IN_DNS", node,
                     fmt::format("{} {}, and no pod has this name in DNS: {}", says, printable(host), *why),
                     out_.kubectl("get services,endpointslices -o wide"));
        else if (broken)
            out_.add(Severity::info, "CONDITION_UNKNOWN", node,
                     fmt::format("{} {}, and whether this name resolves there is unknown: it is no pod's of this "
                                 "instance",
                                 says, printable(host)));
    }

    // Empty: it is found. nullopt: unknown.
    // <pod>.<service>[.<namespace>[.svc[.<domain>]]] (Kubernetes DNS specification 1.1, 2.4.1).
    std::optional<std::string> why_not_found(const std::string& host) const {
        const std::string plain = lower(host);
        const std::vector<std::string_view> parts = split(plain, '.');
        if (facts_.instance.ns.empty() || !facts_.instance.services_known || parts.size() < 2) return std::nullopt;
        if ((parts.size() > 2 && parts[2] != facts_.instance.ns) || (parts.size() > 3 && parts[3] != "svc"))
            return std::nullopt;
        const std::string pod_name(parts[0]), service_name(parts[1]);
        const auto pod = std::find_if(facts_.instance.pods.begin(), facts_.instance.pods.end(),
                                      [&](const kube::Pod* one) { return one->meta.name == pod_name; });
        const auto service = std::find_if(facts_.instance.services.begin(), facts_.instance.services.end(),
                                          [&](const kube::Service& one) { return one.meta.name == service_name; });
        const bool has_service = service != facts_.instance.services.end();
        // "<service>.<namespace>" looks the same.
        if (pod == facts_.instance.pods.end() && !has_service) return std::nullopt;
        if (!has_service) return fmt::format("no Service {} selects pod {}", service_name, pod_name);
        if (service->cluster_ip != "None") return fmt::format("Service {} is not headless", service_name);
        if (pod == facts_.instance.pods.end()) return fmt::format("this instance has no pod {}", pod_name);
        if ((*pod)->subdomain != service_name)
            return fmt::format("pod {} has \"{}\" for its subdomain", pod_name, printable((*pod)->subdomain));
        for (const kube::EndpointSlice& slice : facts_.instance.slices)
            for (const kube::Endpoint& endpoint : slice.endpoints)
                if (slice.service == service_name && endpoint.pod == pod_name && endpoint.ready) return "";
        return fmt::format("Service {} has no ready endpoint for pod {}", service_name, pod_name);
    }

    topology::Findings& out_;
    const Facts& facts_;
    std::set<std::pair<std::string, std::string>> judged_;
};

}  // namespace

void find_about_names(topology::Findings& out, const Facts& facts) {
    Names(out, facts).run();
}

}  // namespace redisctl::failover
