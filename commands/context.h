// Everything that a command gets from outside: what the user asked for, where output goes, and the fleet, made when
// first needed.
#pragma once

#include "base/environment.h"
#include "base/result.h"
#include "base/time.h"
#include "commands/globals.h"
#include "fleet/finder.h"
#include "fleet/fleet.h"
#include "fleet/pipeline.h"
#include "output/output.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl {

class Context {
  public:
    Context(std::string_view command, Globals globals, output::Output& output, const Environment& environment);
    ~Context();

    const Globals& globals() const { return globals_; }
    output::Output& output() { return output_; }
    const Environment& environment() const { return environment_; }

    // The target as instances. Reads the kubeconfig and lists, or takes the hosts; passwords given by flags are read
    // here. Errors: usage (no kubeconfig, unreadable password file), not_found, forbidden, unreachable, timeout,
    // interrupted. Again: by the same client and over the connections that are there, with --timeout from now.
    enum class Services { listed, left_out };
    Result<fleet::Found> find(Services services = Services::left_out);

    // Before find(): the target of an operation that is taken up again. What the user names himself stays.
    void aim_at_instance(const std::string& kube_context, const std::string& ns, const std::string& instance);
    void aim_at_hosts(const std::vector<net::HostPort>& hosts, const std::vector<net::HostPort>& sentinels,
                      const std::string& instance);

    // Before find(), by a command that changes: connections stay open and are called redisctl:<operation>.
    void begin_operation(const std::string& operation) { operation_ = operation; }

    // Before find(), by a command that looks again and again until then: no look goes on for longer, and none takes
    // more than a single one may.
    void look_until(Deadline end) { end_ = end; }

    // Asks over the fleet; after find(). The deadline is --timeout from the start of the command.
    std::vector<fleet::Outcome> ask(std::span<const fleet::Call> calls);
    // The same of those who answered before: the time that silent ones used up is not taken from them. For 2 s at
    // least.
    std::vector<fleet::Outcome> ask_further(std::span<const fleet::Call> calls);

    // After find(): the kubeconfig's context (empty without Kubernetes), how nodes are reached, and where a node's
    // password comes from.
    const std::string& kube_context() const { return kube_context_; }
    bool in_kubernetes() const;
    std::string_view route() const;
    std::string password_source(const fleet::Node& node) const;
    // What --password-stdin read; empty without it.
    const Secret& stdin_password() const { return from_stdin_; }
    // With what the look logged in to the node, nullopt for nothing. Errors: its Secret was not read.
    Result<std::optional<redis::Login>> login(const fleet::Node& node);

    // Has find() come as far as to ask? Its error is one of the configuration otherwise, and loop() is not there.
    bool wired() const { return wiring_ != nullptr; }

    // For changes, after find(); client() is nullptr without Kubernetes.
    net::Loop& loop();
    fleet::Fleet& fleet();
    fleet::Dialer& dialer();
    kube::Client* client();
    // A connection of its own; the node lives as long as it.
    std::unique_ptr<fleet::Pipeline> pipeline(const fleet::Node& node, fleet::Waiting waiting);

  private:
    struct Wiring;

    Result<void> wire();

    std::string command_, operation_;
    Globals globals_;
    output::Output& output_;
    const Environment& environment_;
    Deadline deadline_;
    std::string kube_context_;
    Secret from_stdin_;
    std::unique_ptr<Wiring> wiring_;
    std::optional<Deadline> end_;
};

}  // namespace redisctl
