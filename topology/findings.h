// What the owner of an instance should know, from the joined picture. Every code: docs/findings.md.
#pragma once

#include "base/finding.h"
#include "topology/graph.h"
#include "topology/picture.h"

#include <string>
#include <vector>

namespace redisctl::topology {

// Collects findings about one instance, with hints that fit how it is reached.
class Findings {
  public:
    Findings(const fleet::Instance& instance, const Picture& picture) : instance_(instance), picture_(picture) {}

    void add(Severity severity, std::string code, std::string node, std::string message, std::string hint = {});
    // "redisctl role -n default --instance redis", or with --host
    std::string command(std::string_view subcommand) const;
    // `redisctl heal` where it repairs roles, else the subcommand that shows them.
    std::string cure_or(std::string_view subcommand) const;
    // Where to look for one node's reason: kubectl logs, or redisctl info with --host
    std::string look_at(const fleet::Node& node) const;
    // "kubectl get pods -n default -L isMaster"; empty without Kubernetes
    std::string kubectl(std::string_view arguments) const;
    // Critical first, else as added.
    std::vector<Finding> take();

  private:
    const fleet::Instance& instance_;
    const Picture& picture_;
    std::vector<Finding> list_;
};

// About single nodes: answers, links, histories, labels.
void find_about_nodes(Findings& out, const fleet::Instance& instance, const Picture& picture, const Graph& graph);
// About who is the master: masters, witnesses, circles, drift.
void find_about_master(Findings& out, const fleet::Instance& instance, const Picture& picture, const Graph& graph);
// About Sentinels and Services.
void find_about_surroundings(Findings& out, const Picture& picture);

// "a, b, c, d, e and 995 more": a sentence stays readable with a thousand nodes.
std::string some_of(const std::vector<std::string>& names);

// Critical and warning findings decide; unknown when no Redis node answered.
Health health_of(const Picture& picture);

}  // namespace redisctl::topology
