#include "kube/network_policy.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl::kube {

namespace {

using nlohmann::json;

PolicyRule rule(const json& in) {
    PolicyRule out;
    out.from_anywhere = list_at(in, "from").empty();
    for (const json& peer : list_at(in, "from")) {
        if (member(peer, "namespaceSelector").is_object() || member(peer, "ipBlock").is_object())
            out.from_elsewhere = true;
        else
            out.pods.push_back(label_selector(member(peer, "podSelector")));
    }
    for (const json& port : list_at(in, "ports")) {
        if (const std::string protocol = text_at(port, "protocol"); !protocol.empty() && protocol != "TCP") {
            // A rule with ports allows no others.
            out.ports.push_back({"", -1, 0});
            continue;
        }
        const json& number = member(port, "port");
        out.ports.push_back({number.is_string() ? number.get<std::string>() : std::string(),
                             number.is_number_integer() ? number.get<int64_t>() : 0, integer_at(port, "endPort")});
    }
    return out;
}

NetworkPolicy policy(const json& in) {
    const json& spec = member(in, "spec");
    NetworkPolicy out;
    out.meta = meta_of(in);
    out.pods = label_selector(member(spec, "podSelector"));
    const std::vector<std::string> types = texts_at(spec, "policyTypes");
    out.ingress = types.empty() || std::find(types.begin(), types.end(), "Ingress") != types.end();
    for (const json& one : list_at(spec, "ingress")) out.rules.push_back(rule(one));
    return out;
}

bool is_port(const PolicyPort& allowed, const Pod& to, uint16_t port) {
    if (!allowed.name.empty())
        return std::any_of(to.containers.begin(), to.containers.end(), [&](const Container& container) {
            return std::any_of(container.ports.begin(), container.ports.end(),
                               [&](const ContainerPort& one) { return one.name == allowed.name && one.port == port; });
        });
    if (allowed.port == 0) return true;
    return port >= allowed.port && port <= std::max(allowed.port, allowed.end_port);
}

Reach reach_by(const PolicyRule& rule, const Pod& from, const Pod& to, uint16_t port) {
    if (!rule.ports.empty() && std::none_of(rule.ports.begin(), rule.ports.end(),
                                            [&](const PolicyPort& one) { return is_port(one, to, port); }))
        return Reach::denied;
    if (rule.from_anywhere || std::any_of(rule.pods.begin(), rule.pods.end(), [&](const LabelSelector& selector) {
            return selector.selects(from.meta.labels);
        }))
        return Reach::allowed;
    return rule.from_elsewhere ? Reach::unknown : Reach::denied;
}

}  // namespace

Verdict reach(const std::vector<NetworkPolicy>& policies, const Pod& from, const Pod& to, uint16_t port) {
    Verdict verdict;
    bool unknown = false;
    for (const NetworkPolicy& one : policies) {
        if (one.meta.ns != to.meta.ns || !one.ingress || !one.pods.selects(to.meta.labels)) continue;
        for (const PolicyRule& rule : one.rules) {
            const Reach by_rule = reach_by(rule, from, to, port);
            if (by_rule == Reach::allowed) return {};
            unknown = unknown || by_rule == Reach::unknown;
        }
        verdict.by.push_back(one.meta.name);
    }
    if (!verdict.by.empty()) verdict.reach = unknown ? Reach::unknown : Reach::denied;
    return verdict;
}

Result<Page<NetworkPolicy>> parse_network_policies(std::string_view text) {
    return read_page(text, "NetworkPolicyList", policy);
}

}  // namespace redisctl::kube
