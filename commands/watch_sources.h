// What tells `watch` of changes before it looks again: the Sentinels' own events, and what Kubernetes says of pods and
// EndpointSlices.
#pragma once

#include "commands/context.h"
#include "commands/look.h"
#include "commands/watch_news.h"
#include "fleet/subscription.h"
#include "kube/collection_watch.h"
#include "redis/sentinel_event.h"
#include "topology/addresses.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace redisctl {

class WatchSources {
  public:
    // After find(). interval: between two tries to reach a source again.
    WatchSources(Context& context, Millis interval);

    // After each look that began then: listens to the Sentinels that are there now, and no more to those that are gone.
    void follow(const Look& look, TimePoint began);

    bool has_news() const;
    struct Heard {
        std::vector<WatchNews> news;
        bool look = false;  // it is worth a look at once
    };
    Heard take();

    // When Kubernetes told of the object behind a change that a look has found; nullopt when it did not.
    std::optional<TimePoint> arrival(const std::string& ns, const topology::Change& change) const;

  private:
    // Addresses as the Sentinels of one instance tell them → nodes.
    struct Directory {
        topology::AddressBook book;
        std::vector<std::string> names;
    };
    struct Ear {
        fleet::Node sentinel;
        std::string instance, master_name;
        std::unique_ptr<fleet::Subscription> line;
        Deadline dial_again_at = Deadline::never();
        std::string state;  // as it was told: "yes", or why not; empty: nothing yet
    };
    struct Watched {
        std::string_view plural;
        std::unique_ptr<kube::CollectionWatch> watch;
        std::string state;
    };
    using Object = std::tuple<std::string_view, std::string, std::string>;  // plural, namespace, name

    static std::string state_of(const Ear& ear);
    static std::string state_of(const Watched& watched);
    void remember_names(const fleet::Instance& instance, const topology::Picture& picture);
    void listen_to(Ear& ear, const fleet::Node& sentinel);
    void take_from(Ear& ear, Heard& heard);
    void take_from(Watched& watched, Heard& heard);
    std::string name_of(const Ear& ear, const redis::SentinelAddress& address) const;

    Context& context_;
    Millis interval_;
    std::map<std::string, Ear> ears_;                                       // by instance, Sentinel and address
    std::map<std::string, Directory> directories_;                          // by instance
    std::map<std::string, std::map<std::string, std::string>> remembered_;  // by instance: addresses that nodes had
    std::vector<Watched> watches_;
    std::set<Object> ours_;  // of which a change is worth a look
    std::map<Object, TimePoint> arrivals_;
};

}  // namespace redisctl
