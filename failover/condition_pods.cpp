#include "base/text.h"
#include "failover/condition_findings.h"
#include "failover/pre_checks_parts.h"
#include "fleet/process.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::failover {

namespace {

// Of Bitnami's chart with an isMaster Service.
constexpr std::string_view labeller = "kubectl-shared";

class Pods {
  public:
    Pods(topology::Findings& out, const Facts& facts, const Surroundings& surroundings)
        : out_(out), facts_(facts), around_(surroundings) {}

    void run() {
        for (const auto& [name, pod] : around_.pods) about_pod(name, pod);
        for (const auto& [name, start] : around_.starts) about_start(name, start);
        for (const kube::Pod* pod : facts_.instance.pods) about_company(*pod);
        about_policies();
    }

  private:
    const std::string& name(size_t i) const { return facts_.instance.nodes[i].name; }

    void about_pod(const std::string& pod_name, const Result<kube::PodCondition>& pod) {
        if (!pod) {
            out_.add(
                Severity::info, "CONDITION_UNKNOWN", pod_name,
                fmt::format("pod {} could not be read ({}): nothing is said about it", pod_name, pod.error().message),
                pod.error().hint);
            return;
        }
        for (const kube::ContainerCondition& container : pod->containers) {
            if (container.restarts == 0) continue;
            const bool killed = container.ended_by == "OOMKilled";
            out_.add(
                killed ? Severity::warning : Severity::info, killed ? "OOM_KILLED" : "CONTAINER_RESTARTED", pod_name,
                fmt::format("container {} of {} was restarted {} times{}", container.name, pod_name, container.restarts,
                            container.ended_by.empty()
                                ? ""
                                : "; the last time by " + container.ended_by +
                                      (container.ended_at.empty() ? "" : " at " + container.ended_at)),
                out_.kubectl(fmt::format("logs {} -c {} --previous --tail=50", pod_name, container.name)));
        }
        for (size_t i = 0; i < facts_.nodes.size(); i++)
            if (facts_.instance.nodes[i].pod == pod_name && facts_.nodes[i].view) about_volume(i, *pod);
    }

    void about_start(const std::string& pod, const kube::PodStart& start) {
        if (!start.unscheduled.empty())
            out_.add(Severity::critical, "POD_NOT_SCHEDULED", pod,
                     fmt::format("pod {} stands on no machine: {}", pod, printable(start.unscheduled)),
                     out_.kubectl("describe pod " + pod));
        for (const kube::InitContainer& one : start.init) {
            const bool failed = one.exit_code && *one.exit_code != 0;
            // One that waits for its turn, or for its image to come, has not failed.
            const bool stuck = one.waiting.ends_with("BackOff") || one.waiting.starts_with("Err");
            if (!stuck && !(failed && one.waiting.empty() && is_pending(pod))) continue;
            out_.add(Severity::critical, "INIT_CONTAINER_FAILED", pod,
                     fmt::format("init container {} of {} fails{}{}: what comes behind it does not start", one.name,
                                 pod, stuck ? " (" + printable(one.waiting) + ")" : "",
                                 failed ? fmt::format(", exit code {}", *one.exit_code) : ""),
                     out_.kubectl(fmt::format("logs {} -c {} --tail=50", pod, one.name)));
        }
    }

    bool is_pending(const std::string& name) const {
        for (const kube::Pod* pod : facts_.instance.pods)
            if (pod->meta.name == name) return pod->phase == "Pending";
        return false;
    }

    // Containers that stand beside Redis and Sentinel.
    void about_company(const kube::Pod& pod) {
        if (pod.phase != "Running") return;
        const std::vector<fleet::Process> processes = fleet::processes(pod);
        for (const kube::ContainerStatus& status : pod.statuses) {
            const bool is_server = std::any_of(processes.begin(), processes.end(), [&](const fleet::Process& process) {
                return process.container->name == status.name;
            });
            if (is_server || status.running) continue;
            out_.add(Severity::warning, "SIDECAR_NOT_RUNNING", pod.meta.name,
                     fmt::format("container {} of {} does not run{}{}", status.name, pod.meta.name,
                                 status.waiting_reason.empty() ? "" : " (" + status.waiting_reason + ")",
                                 status.name == labeller
                                     ? ": it sets the role labels, which stay as they are when the master changes"
                                     : ""),
                     out_.kubectl("describe pod " + pod.meta.name));
        }
    }

    // Its data outlive its process, but not its pod.
    void about_volume(size_t i, const kube::PodCondition& pod) {
        const std::string* folder = setting(facts_.nodes[i], "dir");
        if (folder == nullptr || persists(facts_.nodes[i]) != true) return;
        std::string best, kind = "none: the container's own files";
        for (const kube::ContainerCondition& container : pod.containers)
            for (const auto& [path, volume] : container.mounts) {
                const bool holds = *folder == path || folder->starts_with(path == "/" ? path : path + "/");
                const auto found = pod.volumes.find(volume);
                if (!holds || path.size() < best.size() || found == pod.volumes.end()) continue;
                best = path;
                kind = found->second;
            }
        if (kind != "emptyDir" && !best.empty()) return;
        out_.add(Severity::warning, "DATA_WITHOUT_VOLUME", name(i),
                 fmt::format("{} saves to {}, which is no PersistentVolume ({}): its data are gone with its pod",
                             name(i), printable(*folder), kind),
                 out_.kubectl("describe pod " + pod.name));
    }

    void about_policies() {
        if (!around_.policies) {
            if (around_.policies.error().code == ErrorCode::not_found) return;
            out_.add(Severity::info, "CONDITION_UNKNOWN", "",
                     fmt::format("NetworkPolicies could not be read ({}): nothing is said about them",
                                 around_.policies.error().message),
                     around_.policies.error().hint);
            return;
        }
        const std::optional<size_t> master = facts_.index_of(facts_.master);
        if (!master) return;
        const kube::Pod* to = pod_of(*master);
        for (size_t i = 0; i < facts_.instance.nodes.size(); i++) {
            const kube::Pod* from = pod_of(i);
            if (i == *master || to == nullptr || from == nullptr || from == to) continue;
            const kube::Verdict verdict =
                kube::reach(*around_.policies, *from, *to, facts_.instance.nodes[*master].address.port);
            if (verdict.reach == kube::Reach::denied)
                out_.add(
                    Severity::warning, "POLICY_FORBIDS_LINK", name(i),
                    fmt::format("NetworkPolicy {} does not let {} connect to {}; where the network enforces it the "
                                "link cannot come up",
                                fmt::join(verdict.by, ", "), name(i), name(*master)),
                    out_.kubectl("describe networkpolicy " + verdict.by.front()));
        }
    }

    const kube::Pod* pod_of(size_t i) const {
        for (const kube::Pod* pod : facts_.instance.pods)
            if (pod->meta.name == facts_.instance.nodes[i].pod) return pod;
        return nullptr;
    }

    topology::Findings& out_;
    const Facts& facts_;
    const Surroundings& around_;
};

}  // namespace

void find_about_pods(topology::Findings& out, const Facts& facts, const Surroundings& surroundings) {
    Pods(out, facts, surroundings).run();
}

}  // namespace redisctl::failover
