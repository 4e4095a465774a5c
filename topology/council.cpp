#include "topology/council.h"

#include "redis/sentinel_view.h"
#include "topology/addresses.h"
#include "topology/findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace redisctl::topology {

namespace {

using redis::has_flag;
using redis::Remembered;
using redis::Role;

constexpr int64_t fresh_ms = 5'000;  // a Sentinel sends PING every second

// The Sentinels as the address book wants its nodes.
AddressBook book_of_sentinels(const fleet::Instance& instance, const Picture& picture) {
    fleet::Instance seats = instance;
    seats.nodes = instance.sentinels;
    Answers answers;
    for (const auto& sentinel : picture.sentinels) {
        redis::NodeView view;
        if (sentinel.view) {
            view.run_id = sentinel.view->run_id;
            view.tcp_port = sentinel.view->tcp_port;
        }
        answers.nodes.push_back(std::move(view));
    }
    return {seats, answers};
}

AddressBook book_of_nodes(const fleet::Instance& instance, const Picture& picture) {
    Answers answers;
    for (const auto& node : picture.nodes)
        answers.nodes.push_back(node.view ? Result<redis::NodeView>(*node.view) : fail(node.error.value_or(Error{})));
    return {instance, answers};
}

std::string told_address(const std::string& host, std::optional<int64_t> port) {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port.value_or(0))
                                               : fmt::format("[{}]:{}", host, port.value_or(0));
}

class Comparison {
  public:
    Comparison(const fleet::Instance& instance, const Picture& picture,
               const std::vector<Result<redis::SentinelMemory>>& memories, const Whose& whose)
        : instance_(instance),
          picture_(picture),
          memories_(memories),
          whose_(whose),
          nodes_(book_of_nodes(instance, picture)),
          sentinels_(book_of_sentinels(instance, picture)) {}

    Council run() {
        council_.master = instance_master();
        for (size_t i = 0; i < picture_.sentinels.size(); i++) council_.members.push_back(member(i));
        for (size_t i = 0; i < picture_.sentinels.size(); i++) count_votes(i);
        judge();
        return std::move(council_);
    }

  private:
    std::string instance_master() const {
        if (!picture_.master.empty()) return picture_.master;
        std::map<std::string, size_t> named;
        size_t naming = 0;
        for (const auto& sentinel : picture_.sentinels) {
            naming += sentinel.master.has_value();
            if (is_master(sentinel.master_node)) named[sentinel.master_node]++;
        }
        for (const auto& [node, count] : named)
            if (2 * count > naming) return node;
        std::map<std::string, std::string> masters;  // by run id: a process may have two names
        for (const auto& node : picture_.nodes)
            if (node.view && node.view->role == Role::master) masters.try_emplace(node.view->run_id, node.name);
        return masters.size() == 1 ? masters.begin()->second : std::string();
    }

    bool is_master(const std::string& name) const {
        return std::any_of(picture_.nodes.begin(), picture_.nodes.end(), [&](const auto& node) {
            return node.name == name && node.view && node.view->role == Role::master;
        });
    }

    CouncilMember member(size_t i) const {
        const auto& sentinel = picture_.sentinels[i];
        CouncilMember out;
        if (sentinel.master)
            out.watches = sentinel.master_node.empty() ? told_address(sentinel.master->host, sentinel.master->port)
                                                       : sentinel.master_node;
        out.on_master = !out.watches.empty() && out.watches == council_.master;
        if (!memories_[i]) {
            out.error = memories_[i].error();
            return out;
        }
        const auto& memory = *memories_[i];
        out.my_id = memory.my_id;
        out.quorum_ok = memory.quorum_ok;
        out.quorum_words = memory.quorum_words;
        for (const auto& told : memory.replicas) out.replicas.push_back(recall(told, i, Kind::replica));
        for (const auto& told : memory.sentinels) out.sentinels.push_back(recall(told, i, Kind::sentinel));
        return out;
    }

    enum class Kind { replica, sentinel };

    Recalled recall(const Remembered& told, size_t speaker, Kind kind) const {
        Recalled out;
        out.told = told;
        out.address = told_address(told.host, told.port);
        const bool down =
            has_flag(told.flags, "s_down") || has_flag(told.flags, "o_down") || has_flag(told.flags, "disconnected");
        out.heard = !down && told.silent_ms.value_or(fresh_ms + 1) <= fresh_ms;
        const auto ours = kind == Kind::replica ? find_replica(told, speaker) : find_sentinel(told, speaker);
        if (ours) {
            const auto& node = kind == Kind::replica ? instance_.nodes[*ours] : instance_.sentinels[*ours];
            const auto& error = kind == Kind::replica ? picture_.nodes[*ours].error : picture_.sentinels[*ours].error;
            const bool nobody = error && (error->code == ErrorCode::unreachable || error->code == ErrorCode::timeout);
            out.node = node.name;
            // A pod that is there may come back; of a plain host nothing else tells that anybody belongs there.
            out.standing = Standing::silent;
            if (!error) out.standing = Standing::here;
            if (nobody && down && node.pod.empty()) out.standing = Standing::ghost;
            return out;
        }
        out.node = whose_(told.host, told.port.value_or(0));
        out.standing = !out.node.empty() ? Standing::crossed : out.heard ? Standing::elsewhere : Standing::ghost;
        return out;
    }

    std::optional<size_t> find_replica(const Remembered& told, size_t speaker) const {
        return nodes_.find(told.host, told.port.value_or(0), instance_.sentinels[speaker]);
    }

    // What a Sentinel calls itself stays with it where its address does not.
    std::optional<size_t> find_sentinel(const Remembered& told, size_t speaker) const {
        for (size_t i = 0; i < memories_.size(); i++)
            if (!told.id.empty() && memories_[i] && memories_[i]->my_id == told.id) return i;
        const auto at = sentinels_.find(told.host, told.port.value_or(0), instance_.sentinels[speaker]);
        // Somebody else lives there now.
        if (at && !told.id.empty() && memories_[*at] && !memories_[*at]->my_id.empty()) return std::nullopt;
        return at;
    }

    void count_votes(size_t i) {
        auto& member = council_.members[i];
        const auto& sentinel = picture_.sentinels[i];
        if (member.error || !sentinel.master) return;
        member.voters = static_cast<int64_t>(member.sentinels.size()) + 1;
        member.quorum = sentinel.master->quorum.value_or(0);
        member.needed = std::max(member.quorum, member.voters / 2 + 1);
        member.votes = 1;
        const auto count = [&](bool tilt, const std::string& name) {
            member.agreeing += !tilt;
            if (tilt) member.tilted.push_back(name + " is in TILT mode");
        };
        count(sentinel.view->tilt == true, sentinel.name);
        for (const auto& other : member.sentinels) {
            const auto why = why_no_vote(member, other);
            if (!why.empty()) {
                member.no_vote.push_back(why);
                continue;
            }
            member.votes++;
            count(in_tilt(other), other.node);
        }
        for (const auto& replica : member.replicas) {
            const auto why = why_no_candidate(replica, sentinel.master->down_after_ms);
            member.has_candidate = member.has_candidate || why.empty();
            if (!why.empty()) member.no_candidate.push_back(why);
        }
    }

    std::string why_no_vote(const CouncilMember& leader, const Recalled& other) const {
        const std::string& name = other.node.empty() ? other.address : other.node;
        if (other.standing == Standing::crossed) return name + " belongs to another instance";
        if (!other.heard)
            return other.told.silent_ms ? fmt::format("{} is silent for {}", name, rough_time(*other.told.silent_ms))
                                        : name + " is not heard";
        if (other.standing != Standing::here) return {};
        for (size_t i = 0; i < picture_.sentinels.size(); i++) {
            if (picture_.sentinels[i].name != other.node) continue;
            if (council_.members[i].watches.empty()) return name + " watches no master of this instance";
            if (council_.members[i].watches != leader.watches)
                return fmt::format("{} watches {}", name, council_.members[i].watches);
        }
        return {};
    }

    bool in_tilt(const Recalled& other) const {
        return std::any_of(picture_.sentinels.begin(), picture_.sentinels.end(), [&](const auto& sentinel) {
            return sentinel.name == other.node && sentinel.view && sentinel.view->tilt == true;
        });
    }

    static std::string why_no_candidate(const Recalled& replica, std::optional<int64_t> down_after_ms) {
        const std::string& name = replica.node.empty() ? replica.address : replica.node;
        if (replica.standing == Standing::crossed) return name + " belongs to another instance";
        if (!replica.heard) return name + " is down";
        if (replica.told.priority == 0) return name + " has priority 0";
        if (replica.told.link_up == false &&
            replica.told.link_down_ms.value_or(INT64_MAX) > 10 * down_after_ms.value_or(0))
            return name + " has no link to the master";
        return {};
    }

    void judge() {
        const CouncilMember* nearest = nullptr;  // of those that could lead it
        bool asked = false, watched = false;
        const auto lacks = [](const CouncilMember& member) {
            return std::max<int64_t>(0, member.needed - member.votes) +
                   std::max<int64_t>(0, member.quorum - member.agreeing) + !member.has_candidate;
        };
        for (size_t i = 0; i < council_.members.size(); i++) {
            const auto& member = council_.members[i];
            asked = asked || !member.error;
            if (member.error || !member.on_master) continue;
            watched = true;
            if (picture_.sentinels[i].view->tilt == true) continue;
            if (lacks(member) == 0) council_.can_fail_over = true;
            if (nearest == nullptr || lacks(member) < lacks(*nearest)) nearest = &member;
        }
        if (council_.can_fail_over) return;
        if (!asked) {
            council_.obstacles.emplace_back("no Sentinel could be asked");
            return;
        }
        council_.can_fail_over = false;
        if (council_.master.empty()) {
            council_.obstacles.emplace_back("it is not clear who the master is");
        } else if (!watched) {
            council_.obstacles.push_back(
                fmt::format("no Sentinel that answers watches {}, which is the master", council_.master));
        } else if (nearest == nullptr) {
            council_.obstacles.push_back(
                fmt::format("every Sentinel that watches {} is in TILT mode", council_.master));
        } else {
            if (nearest->votes < nearest->needed)
                council_.obstacles.push_back(fmt::format("{} of {} Sentinels can vote, and {} must: {}", nearest->votes,
                                                         nearest->voters, nearest->needed, some_of(nearest->no_vote)));
            else if (nearest->agreeing < nearest->quorum)
                council_.obstacles.push_back(
                    fmt::format("{} of {} Sentinels can call the master down, and the quorum is {}: {}",
                                nearest->agreeing, nearest->voters, nearest->quorum, some_of(nearest->tilted)));
            if (!nearest->has_candidate)
                council_.obstacles.push_back(nearest->no_candidate.empty()
                                                 ? "the Sentinels know no replica to promote"
                                                 : "no replica can be promoted: " + some_of(nearest->no_candidate));
        }
    }

    const fleet::Instance& instance_;
    const Picture& picture_;
    const std::vector<Result<redis::SentinelMemory>>& memories_;
    const Whose& whose_;
    AddressBook nodes_, sentinels_;
    Council council_;
};

}  // namespace

std::string_view standing_name(Standing standing) {
    switch (standing) {
        case Standing::here:
            return "here";
        case Standing::silent:
            return "silent";
        case Standing::ghost:
            return "ghost";
        case Standing::elsewhere:
            return "elsewhere";
        case Standing::crossed:
            return "crossed";
    }
    return "ghost";
}

Council compare(const fleet::Instance& instance, const Picture& picture,
                const std::vector<Result<redis::SentinelMemory>>& memories, const Whose& whose) {
    return Comparison(instance, picture, memories, whose).run();
}

std::string rough_time(int64_t ms) {
    constexpr int64_t second = 1'000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
    if (ms < 2 * minute) return fmt::format("{} s", ms / second);
    if (ms < 2 * hour) return fmt::format("{} min", ms / minute);
    if (ms < 2 * day) return fmt::format("{} h", ms / hour);
    return fmt::format("{} days", ms / day);
}

}  // namespace redisctl::topology
