#include "topology/join.h"

#include "topology/addresses.h"
#include "topology/findings.h"
#include "topology/graph.h"
#include "topology/lag.h"
#include "topology/services.h"
#include "topology/system.h"
#include "topology/role_labels.h"
#include "topology/witnesses.h"

#include <utility>

namespace redisctl::topology {

namespace {

// Without an address there is none to show, not ":6379".
std::string address_text(const fleet::Node& node) {
    return node.address.host.empty() ? std::string() : net::to_string(node.address);
}

template <class Seen, class View>
Seen begin(const fleet::Node& node, const Result<View>& answer) {
    Seen seen;
    seen.name = node.name;
    seen.pod = node.pod;
    seen.k8s_node = node.k8s_node;
    seen.address = address_text(node);
    if (answer)
        seen.view = *answer;
    else
        seen.error = answer.error();
    return seen;
}

}  // namespace

std::string_view health_name(Health health) {
    switch (health) {
        case Health::healthy:
            return "healthy";
        case Health::degraded:
            return "degraded";
        case Health::critical:
            return "critical";
        case Health::unknown:
            return "unknown";
    }
    return "unknown";
}

Picture join(const fleet::Instance& instance, const Answers& answers, const std::string& system_override) {
    Picture picture;
    picture.name = instance.name;
    picture.ns = instance.ns;
    for (size_t i = 0; i < instance.nodes.size(); i++) {
        picture.nodes.push_back(begin<NodePicture>(instance.nodes[i], answers.nodes[i]));
        picture.nodes.back().role_label = role_label(instance.nodes[i].labels);
    }
    for (size_t i = 0; i < instance.sentinels.size(); i++)
        picture.sentinels.push_back(begin<SentinelPicture>(instance.sentinels[i], answers.sentinels[i]));

    AddressBook book(instance, answers);
    auto graph = make_graph(instance, answers, book);
    for (size_t i = 0; i < picture.nodes.size(); i++)
        if (graph.master[i]) picture.nodes[i].master_node = picture.nodes[*graph.master[i]].name;
    measure_lag(picture, instance, answers, book, graph);
    picture.services = see_services(instance, book, picture);

    auto system = system_override.empty() ? recognise(instance, picture, graph)
                                          : System{system_override, {"--system " + system_override}};
    picture.system = std::move(system.name);
    picture.evidence = std::move(system.evidence);
    picture.witnesses = hear_witnesses(picture, instance, book, graph);
    if (picture.system != "cluster-mode" && picture.system != "unrelated-masters")
        picture.master = agreed_master(picture, graph);

    Findings findings(instance, picture);
    find_about_nodes(findings, instance, picture, graph);
    find_about_master(findings, instance, picture, graph);
    find_about_surroundings(findings, picture);
    picture.findings = findings.take();
    picture.health = health_of(picture);
    return picture;
}

}  // namespace redisctl::topology
