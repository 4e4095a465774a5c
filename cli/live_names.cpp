#include "cli/live_names.h"

#include "base/text.h"
#include "cli/names_cache.h"
#include "commands/context.h"
#include "commands/kube_flags.h"
#include "commands/look.h"
#include "fleet/finder.h"
#include "kube/client.h"
#include "kube/names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::cli {

namespace {

using Names = std::vector<std::string>;

struct Asked {
    Names names;
    bool all_answered = true;  // else the next TAB asks again
};

// Between the pieces of a question: in none of them.
constexpr char kBetween = '\x1f';

void add_names(Names& names, std::string_view kind, const fleet::Instance& instance) {
    if (kind == "instance") {
        names.push_back(instance.name);
        return;
    }
    for (const fleet::Node& node : instance.nodes) names.push_back(node.name);
    for (const fleet::Node& node : instance.sentinels) names.push_back(node.name);
}

Result<Asked> ask_cluster(std::string_view kind, const Globals& globals, const kube::ClusterConfig& config,
                          Deadline deadline) {
    net::Loop loop;
    kube::Client client(loop, config, deadline.left());
    TRY(client.authenticate());
    Asked asked;
    if (kind == "namespace") {
        TRY_ASSIGN(asked.names, kube::namespace_names(client, deadline));
        return asked;
    }
    fleet::Selection selection;
    selection.ns = globals.all_namespaces ? "" : config.ns;
    selection.selector = globals.selector;
    if (kind == "node") selection.instance = globals.instance;
    selection.port_forwards = selection.services = false;
    TRY_ASSIGN(const fleet::Found found, fleet::find_in_kubernetes(client, selection, deadline));
    for (const fleet::Instance& instance : found.inventory.instances) add_names(asked.names, kind, instance);
    return asked;
}

Result<Asked> ask_hosts(std::string_view kind, const Globals& globals, const Environment& environment) {
    output::Output nowhere{output::Settings{}};
    Context context("complete", globals, nowhere, environment);
    TRY_ASSIGN(const Look seen, look(context));
    Asked asked;
    asked.all_answered = count_answers(seen).no == 0;
    for (const fleet::Instance& instance : seen.found.inventory.instances) add_names(asked.names, kind, instance);
    return asked;
}

}  // namespace

Result<Names> live_names(std::string_view kind, Globals globals, const Environment& environment, Millis budget) {
    const Deadline deadline = Deadline::after(budget);
    kube::ConfigSources sources;
    sources.env = [&environment](const std::string& name) { return environment(name.c_str()); };
    if (kind == "context") return kube::context_names(config_flags(globals), sources);
    if (kind != "namespace" && kind != "instance" && kind != "node") return Names();

    const bool hosts = globals.without_kubernetes();
    if (hosts && kind == "namespace") return Names();
    std::string question = fmt::format("{}{}{}", kind, kBetween, fmt::join(globals.typed, std::string(1, kBetween)));
    std::optional<kube::ClusterConfig> config;
    if (!hosts) {
        TRY_ASSIGN(config, kube::load_config(config_flags(globals), sources));
        for (const std::string& piece : {config->server, config->user.name, config->ns}) question += kBetween + piece;
    }
    std::replace(question.begin(), question.end(), '\n', kBetween);
    const NamesCache cache(environment, std::move(question));
    if (std::optional<Names> known = cache.read()) return std::move(*known);

    globals.timeout = budget;
    globals.connect_timeout = std::min(globals.connect_timeout, budget);
    globals.redis.from_stdin = globals.sentinel.from_stdin = false;
    TRY_ASSIGN(Asked asked,
               hosts ? ask_hosts(kind, globals, environment) : ask_cluster(kind, globals, *config, deadline));
    Names& names = asked.names;
    // What servers say goes to a terminal, a line a name.
    std::erase_if(names, [](const std::string& name) { return name.empty() || printable(name) != name; });
    std::sort(names.begin(), names.end(), natural_less);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (asked.all_answered) cache.write(names);
    return std::move(names);
}

}  // namespace redisctl::cli
