#include "commands/sentinel_look.h"

#include "commands/reported_nodes.h"
#include "commands/views.h"
#include "fleet/finder.h"
#include "redis/sentinel_memory.h"
#include "topology/addresses.h"
#include "topology/join.h"
#include "topology/lag.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace redisctl {

namespace {

using Memories = std::vector<Result<redis::SentinelMemory>>;

Views views_of(const topology::Picture& picture) {
    Views views;
    for (const topology::NodePicture& node : picture.nodes)
        views.nodes.push_back(node.view ? Result<redis::NodeView>(*node.view) : fail(node.error.value_or(Error{})));
    for (const topology::SentinelPicture& sentinel : picture.sentinels)
        views.sentinels.push_back(sentinel.view ? Result<redis::SentinelView>(*sentinel.view)
                                                : fail(sentinel.error.value_or(Error{})));
    return views;
}

// One for each Sentinel of the instance; those that did not answer, or watch none of our masters, are not asked.
std::vector<Memories> ask_memories(Context& context, const Look& look) {
    std::vector<fleet::Call> calls;
    for (size_t i = 0; i < look.pictures.size(); i++)
        for (size_t n = 0; n < look.pictures[i].sentinels.size(); n++)
            if (const auto& master = look.pictures[i].sentinels[n].master)
                calls.push_back(
                    {&look.found.inventory.instances[i].sentinels[n], redis::sentinel_memory_requests(master->name)});
    const std::vector<fleet::Outcome> outcomes = context.ask_further(calls);
    std::vector<Memories> memories(look.pictures.size());
    size_t next = 0;
    for (size_t i = 0; i < look.pictures.size(); i++)
        for (const topology::SentinelPicture& sentinel : look.pictures[i].sentinels) {
            if (!sentinel.master) {
                memories[i].push_back(fail(sentinel.error.value_or(
                    Error{ErrorCode::not_found, "it watches no master of this instance", {}, {}, "WATCHES_NOTHING"})));
                continue;
            }
            const fleet::Outcome& outcome = outcomes[next++];
            memories[i].push_back(outcome.replies ? redis::parse_sentinel_memory(*outcome.replies)
                                                  : fail(outcome.replies.error()));
        }
    return memories;
}

// The live master of another system that this Sentinel watches; empty when it watches ours, or nobody's.
std::string foreign_master(const redis::SentinelView& view, const fleet::Node& sentinel,
                           const fleet::Instance& instance, const topology::Picture& picture,
                           const topology::Council& council) {
    std::string foreign;
    const redis::NodeView* ours = nullptr;
    for (const topology::NodePicture& node : picture.nodes)
        if (node.name == council.master && node.view) ours = &*node.view;
    for (const redis::SentinelMaster& master : view.masters) {
        if (!master.port || redis::has_flag(master.flags, "s_down") || redis::has_flag(master.flags, "disconnected"))
            continue;
        const net::HostPort address = as_we_see({master.host, static_cast<uint16_t>(*master.port)}, sentinel);
        foreign = net::to_string(address);
        for (size_t i = 0; i < instance.nodes.size(); i++) {
            if (!known_as(instance.nodes[i], address)) continue;
            const auto& node = picture.nodes[i].view;
            if (!node || !ours || node->role != redis::Role::master || topology::related_histories(*node, *ours))
                return {};
        }
    }
    return foreign;
}

// Plain hosts: what the Sentinels of the instance's master remember and nobody named. Those that answer, each process
// once, are added. One that watches another master remembers that one's Sentinels, and they are not ours.
// Nor is one that nobody named and that watches another system's master; it is told of in `strangers`, by its address.
bool add_remembered(Context& context, Look& look, const Memories& memories, const topology::Council& council,
                    std::map<std::string, std::string>& strangers) {
    fleet::Instance& instance = look.found.inventory.instances.front();
    std::vector<fleet::Node> nodes, sentinels;
    const auto add = [](std::vector<fleet::Node>& to, const std::vector<fleet::Node>& known,
                        const redis::Remembered& told, const fleet::Node& speaker, fleet::NodeKind kind) {
        if (told.host.empty() || !told.port || *told.port == 0) return;
        const net::HostPort address = as_we_see({told.host, static_cast<uint16_t>(*told.port)}, speaker);
        const auto is_it = [&](const fleet::Node& node) { return known_as(node, address); };
        if (std::any_of(known.begin(), known.end(), is_it) || std::any_of(to.begin(), to.end(), is_it)) return;
        to.push_back(fleet::host_node(address, kind));
    };
    for (size_t i = 0; i < memories.size(); i++) {
        if (!memories[i] || !council.members[i].on_master) continue;
        const fleet::Node& speaker = instance.sentinels[i];
        for (const redis::Remembered& told : memories[i]->sentinels)
            add(sentinels, instance.sentinels, told, speaker, fleet::NodeKind::sentinel);
        for (const redis::Remembered& told : memories[i]->replicas)
            add(nodes, instance.nodes, told, speaker, fleet::NodeKind::redis);
    }
    if (nodes.empty() && sentinels.empty()) return false;

    Views views = views_of(look.pictures.front());
    std::set<std::string> run_ids;
    for (const auto& view : views.nodes)
        if (view) run_ids.insert(view->run_id);
    for (const auto& view : views.sentinels)
        if (view) run_ids.insert(view->run_id);
    std::vector<fleet::Instance> asked(1);
    asked.front().nodes = std::move(nodes);
    asked.front().sentinels = std::move(sentinels);
    std::vector<Views> answers(1);
    ask_views(context, asked, answers);
    bool added = false;
    const auto keep = [&](auto& answered, std::vector<fleet::Node>& from, auto& all, std::vector<fleet::Node>& to) {
        for (size_t i = 0; i < answered.size(); i++) {
            if (!answered[i] || !run_ids.insert(answered[i]->run_id).second) continue;
            all.push_back(std::move(answered[i]));
            to.push_back(std::move(from[i]));
            added = true;
        }
    };
    for (size_t i = 0; i < answers.front().sentinels.size(); i++) {
        Result<redis::SentinelView>& view = answers.front().sentinels[i];
        if (!view) continue;
        const fleet::Node& node = asked.front().sentinels[i];
        const std::string foreign = foreign_master(*view, node, instance, look.pictures.front(), council);
        if (foreign.empty()) continue;
        strangers[net::to_string(node.address)] = fmt::format("a Sentinel of {}", foreign);
        view = fail(ErrorCode::not_found, "it belongs to another system");
    }
    keep(answers.front().nodes, asked.front().nodes, views.nodes, instance.nodes);
    keep(answers.front().sentinels, asked.front().sentinels, views.sentinels, instance.sentinels);
    if (added) look.pictures.front() = topology::join(instance, views, context.globals().system);
    return added;
}

Result<void> keep_those_with_sentinels(Look& look) {
    std::vector<fleet::Instance>& instances = look.found.inventory.instances;
    std::string names;
    for (const fleet::Instance& instance : instances) names += (names.empty() ? "" : ", ") + instance.full_name();
    const bool hosts = !instances.empty() && instances.front().ns.empty();
    for (size_t i = instances.size(); i-- > 0;) {
        if (!instances[i].sentinels.empty()) continue;
        instances.erase(instances.begin() + static_cast<std::ptrdiff_t>(i));
        look.pictures.erase(look.pictures.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (!instances.empty()) return {};
    return fail(ErrorCode::not_found, "there is no Sentinel here", fmt::format("there are, without one: {}", names),
                hosts ? "--sentinel HOST:26379" : "redisctl status");
}

}  // namespace

// The address books of all instances, also of those without Sentinels.
struct SentinelLook::Others {
    struct One {
        std::string name, ns;
        std::vector<std::string> nodes, sentinels;
        topology::AddressBook node_book, sentinel_book;
    };
    std::vector<One> all;
    std::map<std::string, std::string> strangers;  // plain hosts: what has this address
};

namespace {

// A short name ("redis-2") is another pod in every namespace.
bool is_whole(const std::string& host, const std::string& ns) {
    const bool ip = host.find(':') != std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos;
    return ip || (host + ".").find("." + ns + ".") != std::string::npos;
}

Views unasked(const fleet::Instance& instance) {
    const Error why{ErrorCode::not_found, "it was not asked", {}, {}, {}};
    Views views;
    views.nodes.assign(instance.nodes.size(), fail(why));
    views.sentinels.assign(instance.sentinels.size(), fail(why));
    return views;
}

SentinelLook::Others::One books_of(const fleet::Instance& instance, const Views& views) {
    fleet::Instance seats = instance;
    seats.nodes = instance.sentinels;
    Views seat_views;
    for (const auto& sentinel : views.sentinels) {
        redis::NodeView view;
        if (sentinel) view.tcp_port = sentinel->tcp_port;
        seat_views.nodes.push_back(std::move(view));
    }
    SentinelLook::Others::One one{instance.full_name(), instance.ns, {}, {}, {instance, views}, {seats, seat_views}};
    for (const fleet::Node& node : instance.nodes) one.nodes.push_back(node.name);
    for (const fleet::Node& node : instance.sentinels) one.sentinels.push_back(node.name);
    return one;
}

}  // namespace

topology::Whose SentinelLook::whose(size_t instance) const {
    const std::string own = look.found.inventory.instances[instance].full_name();
    return [own, all = others](const std::string& host, int64_t port) -> std::string {
        const auto stranger = all->strangers.find(net::to_string({host, static_cast<uint16_t>(port)}));
        if (stranger != all->strangers.end()) return stranger->second;
        if (topology::is_loopback(host)) return {};
        const fleet::Node nobody;
        for (const Others::One& one : all->all) {
            if (one.name == own || !is_whole(host, one.ns)) continue;
            if (const auto node = one.node_book.find(host, port, nobody)) return one.name + "/" + one.nodes[*node];
            if (const auto node = one.sentinel_book.find(host, port, nobody))
                return one.name + "/" + one.sentinels[*node];
        }
        return {};
    };
}

std::vector<Finding> SentinelLook::findings(size_t instance) const {
    const topology::Picture& picture = look.pictures[instance];
    std::vector<Finding> findings = topology::find_about_council(look.found.inventory.instances[instance], picture,
                                                                 councils[instance], whose(instance));
    // That one does not answer is known already.
    for (const Finding& finding : picture.findings)
        if (std::any_of(picture.sentinels.begin(), picture.sentinels.end(),
                        [&](const auto& sentinel) { return sentinel.error && sentinel.name == finding.node; }))
            findings.push_back(finding);
    critical_first(findings);
    return findings;
}

Result<SentinelLook> look_at_sentinels(Context& context) {
    constexpr int rounds = 3;  // Sentinels that know others that know others
    SentinelLook result;
    TRY_ASSIGN(result.look, look(context));
    auto others = std::make_shared<SentinelLook::Others>();
    for (size_t i = 0; i < result.look.pictures.size(); i++)
        others->all.push_back(books_of(result.look.found.inventory.instances[i], views_of(result.look.pictures[i])));
    for (const fleet::Instance& instance : result.look.found.inventory.unselected)
        others->all.push_back(books_of(instance, unasked(instance)));
    result.others = others;
    TRY(keep_those_with_sentinels(result.look));
    std::vector<Memories> memories = ask_memories(context, result.look);
    const auto compared = [&](size_t i) {
        return topology::compare(result.look.found.inventory.instances[i], result.look.pictures[i], memories[i],
                                 result.whose(i));
    };
    for (int i = 0; i < rounds && !context.in_kubernetes(); i++) {
        if (!add_remembered(context, result.look, memories.front(), compared(0), others->strangers)) break;
        memories = ask_memories(context, result.look);
    }
    for (size_t i = 0; i < result.look.pictures.size(); i++) result.councils.push_back(compared(i));
    return result;
}

}  // namespace redisctl
