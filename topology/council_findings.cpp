#include "topology/addresses.h"
#include "topology/council.h"
#include "topology/findings.h"
#include "topology/lag.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace redisctl::topology {

namespace {

using redis::has_flag;
using redis::SentinelMaster;

class Judgement {
  public:
    Judgement(Findings& out, const fleet::Instance& instance, const Picture& picture, const Council& council,
              const Whose& whose)
        : out_(out), instance_(instance), picture_(picture), council_(council), whose_(whose) {}

    void run() {
        for (size_t i = 0; i < picture_.sentinels.size(); i++) about_one(i);
        about_identities();
        about_masters();
        about_settings();
        about_quorum();
        about_memory();
        about_failover();
    }

  private:
    // By value, which Sentinels have it.
    using Groups = std::map<std::string, std::vector<std::string>>;

    static std::string text_of(const Groups& groups) {
        std::string text;
        for (const auto& [value, names] : groups)
            text += fmt::format("{}{} on {}", text.empty() ? "" : "; ", value, some_of(names));
        return text;
    }

    template <class F>
    void each(F visit) const {
        for (size_t i = 0; i < picture_.sentinels.size(); i++)
            if (picture_.sentinels[i].master)
                visit(picture_.sentinels[i], *picture_.sentinels[i].master, council_.members[i]);
    }

    void about_one(size_t i) {
        const auto& sentinel = picture_.sentinels[i];
        const auto& member = council_.members[i];
        if (!sentinel.view) return;
        if (sentinel.view->tilt == true)
            out_.add(Severity::warning, "SENTINEL_TILT", sentinel.name,
                     fmt::format("Sentinel {} is in TILT mode: its clock or its machine stood still, and it starts no "
                                 "failover for 30 s",
                                 sentinel.name),
                     out_.command("sentinel check"));
        if (!sentinel.master) {
            out_.add(Severity::warning, "SENTINEL_WATCHES_NOTHING", sentinel.name,
                     fmt::format("Sentinel {} watches no master of this instance", sentinel.name), sync());
            return;
        }
        const auto& master = *sentinel.master;
        const auto foreign = crossed_master(sentinel);
        if (!foreign.empty())
            out_.add(Severity::critical, "SENTINEL_CROSSED", sentinel.name,
                     fmt::format("Sentinel {} watches {}, {}", sentinel.name, member.watches, foreign), sync());
        else if (is_dead(sentinel))
            out_.add(Severity::critical, "SENTINEL_DEAD_ADDRESS", sentinel.name,
                     fmt::format("Sentinel {} names {} as the master, and nobody answers there", sentinel.name,
                                 member.watches),
                     member.on_master ? out_.command("status") : sync());
        // From where it was reached its loopback is ours.
        if (is_loopback(master.host) && !is_loopback(instance_.sentinels[i].address.host))
            out_.add(Severity::critical, "SENTINEL_LOOPBACK", sentinel.name,
                     fmt::format("Sentinel {} names {}:{} as the master: to every client and every other Sentinel that "
                                 "is their own host",
                                 sentinel.name, master.host, master.port.value_or(0)),
                     sync());
        about_crossed(sentinel, member);
    }

    // Whose the watched master is, when it is not ours; empty else.
    std::string crossed_master(const SentinelPicture& sentinel) const {
        const auto& master = *sentinel.master;
        if (sentinel.master_node.empty()) {
            const auto other = whose_(master.host, master.port.value_or(0));
            return other.empty() ? std::string() : fmt::format("which is {} of another instance", other);
        }
        if (sentinel.master_node == council_.master) return {};
        // Plain hosts: what a Sentinel names is asked as a part of the instance, and only its history tells.
        const auto *named = node(sentinel.master_node), *ours = node(council_.master);
        if (!named || !ours || !named->view || !ours->view || named->view->role != redis::Role::master) return {};
        return related_histories(*named->view, *ours->view)
                   ? std::string()
                   : fmt::format("a master with a history of its own, not {}", council_.master);
    }

    bool is_dead(const SentinelPicture& sentinel) const {
        if (!sentinel.master_node.empty()) {
            const auto& error = node(sentinel.master_node)->error;
            return error && (error->code == ErrorCode::unreachable || error->code == ErrorCode::timeout);
        }
        return has_flag(sentinel.master->flags, "s_down") || has_flag(sentinel.master->flags, "disconnected");
    }

    // It would turn another instance's node into a replica of this one.
    void about_crossed(const SentinelPicture& sentinel, const CouncilMember& member) {
        std::vector<std::string> crossed;
        for (const auto* list : {&member.replicas, &member.sentinels})
            for (const auto& one : *list)
                if (one.standing == Standing::crossed)
                    crossed.push_back(fmt::format("{} at {}", one.node, one.address));
        if (!crossed.empty())
            out_.add(Severity::critical, "SENTINEL_CROSSED", sentinel.name,
                     fmt::format("Sentinel {} counts nodes of another instance among its own: {}", sentinel.name,
                                 some_of(crossed)),
                     reset());
    }

    void about_identities() {
        std::map<std::string, std::vector<std::string>> by_id;
        for (size_t i = 0; i < council_.members.size(); i++)
            if (!council_.members[i].my_id.empty())
                by_id[council_.members[i].my_id].push_back(picture_.sentinels[i].name);
        for (const auto& [id, names] : by_id) {
            std::set<std::string> processes;
            for (const auto& sentinel : picture_.sentinels)
                if (std::find(names.begin(), names.end(), sentinel.name) != names.end())
                    processes.insert(sentinel.view ? sentinel.view->run_id : std::string());
            if (processes.size() < 2) continue;
            out_.add(Severity::critical, "SENTINEL_SAME_ID", "",
                     fmt::format("{} have the same id: the others count them as one, and they do not see each other",
                                 some_of(names)),
                     "remove `sentinel myid` from the copied configuration and restart it");
        }
    }

    void about_masters() {
        Groups named, epochs;
        bool down = false, failing_over = false;
        each([&](const auto& sentinel, const SentinelMaster& master, const CouncilMember& member) {
            named[member.watches].push_back(sentinel.name);
            epochs[std::to_string(master.config_epoch.value_or(0))].push_back(sentinel.name);
            down = down || has_flag(master.flags, "o_down");
            failing_over = failing_over || has_flag(master.flags, "failover_in_progress");
        });
        if (named.size() > 1)
            out_.add(Severity::critical, "SENTINEL_DISAGREEMENT", "",
                     "the Sentinels name different masters: " + text_of(named), sync());
        else if (epochs.size() > 1)
            out_.add(Severity::warning, "SENTINEL_EPOCHS", "",
                     "the Sentinels are at different epochs of the configuration: " + text_of(epochs) +
                         "; they agree within seconds when they hear each other",
                     out_.command("sentinel sentinels"));
        if (down)
            out_.add(Severity::critical, "SENTINEL_MASTER_DOWN", "", "the Sentinels agree that the master is down",
                     out_.command("sentinel check"));
        if (failing_over)
            out_.add(Severity::warning, "SENTINEL_FAILOVER", "", "a failover is in progress", out_.command("sentinel"));
    }

    void about_settings() {
        struct Setting {
            const char* name;
            std::optional<int64_t> SentinelMaster::*value;
        };
        const Setting settings[] = {{"quorum", &SentinelMaster::quorum},
                                    {"down-after-milliseconds", &SentinelMaster::down_after_ms},
                                    {"failover-timeout", &SentinelMaster::failover_timeout_ms},
                                    {"parallel-syncs", &SentinelMaster::parallel_syncs}};
        for (const auto& setting : settings) {
            Groups values;
            each([&](const auto& sentinel, const SentinelMaster& master, const CouncilMember&) {
                if (const auto& value = master.*setting.value) values[std::to_string(*value)].push_back(sentinel.name);
            });
            if (values.size() > 1)
                out_.add(Severity::warning, "SENTINEL_DRIFT", "",
                         fmt::format("{} differs: {}", setting.name, text_of(values)), sync());
        }
        Groups names;
        each([&](const auto& sentinel, const SentinelMaster& master, const CouncilMember&) {
            names[master.name].push_back(sentinel.name);
        });
        if (names.size() > 1)
            out_.add(Severity::warning, "SENTINEL_DRIFT", "",
                     "they call the master by different names, so they never hear each other: " + text_of(names),
                     sync());
    }

    void about_quorum() {
        int64_t highest = 0, lowest = INT64_MAX, seats = 0;
        each([&](const auto&, const SentinelMaster& master, const CouncilMember& member) {
            highest = std::max(highest, master.quorum.value_or(0));
            lowest = std::min(lowest, master.quorum.value_or(INT64_MAX));
            seats = std::max(seats, member.voters);
        });
        const auto majority = seats / 2 + 1;
        if (seats == 0) return;
        if (highest > seats)
            out_.add(Severity::critical, "SENTINEL_QUORUM", "",
                     fmt::format("the quorum is {}, and there are {} Sentinels: it is never reached", highest, seats),
                     sync());
        else if (seats > 1 && lowest < majority)
            out_.add(Severity::info, "SENTINEL_QUORUM", "",
                     fmt::format("the quorum is {}, below the majority of {} Sentinels: {} can call the master down, "
                                 "though {} must vote for a failover",
                                 lowest, seats, lowest, majority));
        std::vector<std::string> without;
        for (size_t i = 0; i < council_.members.size(); i++)
            if (council_.members[i].quorum_ok == false) without.push_back(picture_.sentinels[i].name);
        if (!without.empty())
            out_.add(council_.can_fail_over == true ? Severity::warning : Severity::critical, "SENTINEL_NO_QUORUM", "",
                     fmt::format("SENTINEL CKQUORUM says no on {}", some_of(without)), out_.command("sentinel check"));
    }

    void about_memory() {
        std::map<std::string, std::vector<std::string>> ghosts;  // by ghost, who remembers it
        std::map<std::string, int64_t> silence;
        std::map<std::string, std::string> kinds;
        for (size_t i = 0; i < council_.members.size(); i++) {
            const auto& member = council_.members[i];
            const auto add = [&](const std::vector<Recalled>& list, const char* kind) {
                for (const auto& one : list) {
                    if (one.standing != Standing::ghost) continue;
                    ghosts[one.address].push_back(picture_.sentinels[i].name);
                    kinds[one.address] = kind;
                    auto& longest = silence[one.address];
                    longest = std::max(longest, one.told.silent_ms.value_or(0));
                }
            };
            add(member.sentinels, "Sentinel");
            add(member.replicas, "replica");
            about_unknown(i);
        }
        std::vector<std::string> list;
        for (const auto& [address, names] : ghosts)
            list.push_back(fmt::format("{} {}, silent for {}", kinds[address], address, rough_time(silence[address])));
        if (!list.empty())
            out_.add(Severity::warning, "SENTINEL_GHOSTS", "",
                     fmt::format("the Sentinels remember what is gone: {}; a gone Sentinel still counts for the "
                                 "majority",
                                 some_of(list)),
                     reset());
    }

    void about_unknown(size_t i) {
        const auto& me = council_.members[i];
        if (me.error || me.watches.empty()) return;
        std::vector<std::string> unknown;
        for (size_t j = 0; j < council_.members.size(); j++) {
            const auto& other = picture_.sentinels[j];
            if (i == j || !other.view || council_.members[j].watches != me.watches) continue;
            // The same process by another name.
            if (picture_.sentinels[i].view && other.view->run_id == picture_.sentinels[i].view->run_id) continue;
            // Those who share an id pass for one: a finding of its own.
            const auto& id = council_.members[j].my_id;
            const bool known = (!id.empty() && id == me.my_id) ||
                               std::any_of(me.sentinels.begin(), me.sentinels.end(), [&](const Recalled& one) {
                                   return one.node == other.name || (!id.empty() && one.told.id == id);
                               });
            if (!known) unknown.push_back(other.name);
        }
        if (!unknown.empty())
            out_.add(Severity::warning, "SENTINEL_UNKNOWN_PEER", picture_.sentinels[i].name,
                     fmt::format("Sentinel {} does not know {}: they find each other within seconds when both hear "
                                 "the master",
                                 picture_.sentinels[i].name, some_of(unknown)),
                     out_.command("sentinel sentinels"));
    }

    void about_failover() {
        if (council_.can_fail_over != false) return;
        std::string reasons;
        for (const auto& one : council_.obstacles) reasons += (reasons.empty() ? "" : "; ") + one;
        out_.add(Severity::critical, "SENTINEL_CANNOT_FAIL_OVER", "", "a failover could not happen: " + reasons,
                 out_.command("sentinel check"));
    }

    const NodePicture* node(const std::string& name) const {
        const auto found = std::find_if(picture_.nodes.begin(), picture_.nodes.end(),
                                        [&](const auto& one) { return one.name == name; });
        return found == picture_.nodes.end() ? nullptr : &*found;
    }

    std::string sync() const { return out_.command("sentinel sync"); }
    std::string reset() const { return out_.command("sentinel reset"); }

    Findings& out_;
    const fleet::Instance& instance_;
    const Picture& picture_;
    const Council& council_;
    const Whose& whose_;
};

}  // namespace

std::vector<Finding> find_about_council(const fleet::Instance& instance, const Picture& picture, const Council& council,
                                        const Whose& whose) {
    Findings out(instance, picture);
    Judgement(out, instance, picture, council, whose).run();
    return out.take();
}

}  // namespace redisctl::topology
