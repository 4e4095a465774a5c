#include "topology/changes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <type_traits>

namespace redisctl::topology {

namespace {

template <class One>
const One* named(const std::vector<One>& list, const std::string& name) {
    const auto found = std::find_if(list.begin(), list.end(), [&](const One& one) { return one.name == name; });
    return found == list.end() ? nullptr : &*found;
}

std::string answer_of(const std::optional<Error>& error) {
    return error ? std::string(error->name()) : "yes";
}

std::string master_of(const NodePicture& node) {
    if (!node.master_node.empty()) return node.master_node;
    if (node.view->master_host.empty()) return {};
    return fmt::format("{}:{}", node.view->master_host, node.view->master_port.value_or(0));
}

std::string link_of(const NodePicture& node) {
    if (!node.view->link_up) return {};
    return *node.view->link_up ? "up" : "down";
}

std::string word_of(const SentinelPicture& sentinel) {
    if (!sentinel.master) return {};
    const std::string name = sentinel.master_node.empty()
                                 ? fmt::format("{}:{}", sentinel.master->host, sentinel.master->port.value_or(0))
                                 : sentinel.master_node;
    return sentinel.master->config_epoch ? fmt::format("{}, epoch {}", name, *sentinel.master->config_epoch) : name;
}

std::string flags_of(const SentinelPicture& sentinel) {
    std::vector<std::string> words;
    for (const char* flag : {"s_down", "o_down", "failover_in_progress"})
        if (sentinel.master && redis::has_flag(sentinel.master->flags, flag)) words.emplace_back(flag);
    if (sentinel.view->tilt == true) words.emplace_back("tilt");
    return fmt::format("{}", fmt::join(words, ","));
}

std::string masters_of(const Picture& picture) {
    std::vector<std::string> names;
    for (const NodePicture& node : picture.nodes)
        if (node.view && !node.error && node.view->role == redis::Role::master) names.push_back(node.name);
    return fmt::format("{}", fmt::join(names, ","));
}

class Comparison {
  public:
    std::vector<Change> run(const Picture& before, const Picture& now) {
        add("master", "", before.master, now.master);
        add("masters", "", masters_of(before), masters_of(now));
        add("health", "", std::string(health_name(before.health)), std::string(health_name(now.health)));
        each(before.nodes, now.nodes);
        each(before.sentinels, now.sentinels);
        each(before.services, now.services);
        return std::move(changes_);
    }

  private:
    void add(std::string_view kind, const std::string& subject, std::string from, std::string to) {
        if (from != to) changes_.push_back({kind, subject, std::move(from), std::move(to)});
    }

    template <class One>
    void each(const std::vector<One>& before, const std::vector<One>& now) {
        for (const One& one : before)
            if (named(now, one.name) == nullptr) add("node", one.name, "present", "absent");
        for (const One& one : now)
            if (const One* old = named(before, one.name))
                compare(*old, one);
            else
                appear(one);
    }

    template <class One>
    void appear(const One& one) {
        add("node", one.name, "absent", "present");
        if constexpr (std::is_same_v<One, NodePicture>)
            if (one.view) add("role", one.name, "", std::string(redis::role_name(one.view->role)));
    }

    void compare(const NodePicture& before, const NodePicture& now) {
        add("label", now.name, before.role_label, now.role_label);
        add("answers", now.name, answer_of(before.error), answer_of(now.error));
        if (!before.view || !now.view) return;
        add("process", now.name, before.view->run_id, now.view->run_id);
        add("role", now.name, std::string(redis::role_name(before.view->role)),
            std::string(redis::role_name(now.view->role)));
        if (now.view->role != redis::Role::replica) return;
        add("follows", now.name, master_of(before), master_of(now));
        add("link", now.name, link_of(before), link_of(now));
    }

    void compare(const SentinelPicture& before, const SentinelPicture& now) {
        add("answers", now.name, answer_of(before.error), answer_of(now.error));
        if (!before.view || !now.view) return;
        add("process", now.name, before.view->run_id, now.view->run_id);
        add("says", now.name, word_of(before), word_of(now));
        add("flags", now.name, flags_of(before), flags_of(now));
    }

    void compare(const ServicePicture& before, const ServicePicture& now) {
        add("endpoints", now.name, fmt::format("{}", fmt::join(before.ready, ",")),
            fmt::format("{}", fmt::join(now.ready, ",")));
    }

    std::vector<Change> changes_;
};

}  // namespace

Picture with_memory(Picture now, const Picture& before) {
    const auto recall = [](auto& list, const auto& old_list) {
        for (auto& one : list)
            if (const auto* old = named(old_list, one.name); old != nullptr && !one.view) {
                const auto error = one.error;
                one = *old;
                one.error = error;
            }
    };
    recall(now.nodes, before.nodes);
    recall(now.sentinels, before.sentinels);
    return now;
}

std::vector<Change> changes_between(const Picture& before, const Picture& now) {
    return Comparison().run(before, now);
}

}  // namespace redisctl::topology
