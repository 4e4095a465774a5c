// The logs of an instance's containers while they are read: which there are, their lines in order, and, where they are
// followed, the new container of a pod and the new pod of a workload.
#pragma once

#include "base/error.h"
#include "commands/log_merge.h"
#include "commands/node_names.h"
#include "fleet/finder.h"
#include "kube/client.h"
#include "kube/pod_log.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace redisctl {

struct LogWish {
    bool follow = false, previous = false, sentinels = false;
    bool by_name = false;  // the user named nodes: a Sentinel among them is meant
    std::optional<int64_t> tail, since_seconds;
    std::string container;  // instead of the one that the node runs in; empty: that one
};

struct LogSource {
    std::string instance, ns;
    std::string name;  // the node's; POD/CONTAINER where the container was named
    std::string pod, uid, container;

    std::unique_ptr<kube::PodLog> log;  // while it is read
    Deadline again_at = Deadline::never();
    bool gone = false;  // the pod is
    std::optional<Error> error;
    std::string last_time;     // of its last line
    int64_t taken_up_to = -1;  // nanoseconds: what is read again up to there was shown before
    int64_t last_nanos = -1;
};

class LogSources {
  public:
    LogSources(kube::Client& client, LogWish wish);

    // Those that are wanted among what was found; what is new is read from its beginning, save for the first time.
    // Errors: not_found, for a container that none of the pods has.
    Result<void> follow(const fleet::Found& found, const NodeNames& wanted);

    // Something came, ended, or is due.
    bool has_news() const;
    Deadline next() const;

    struct Line {
        const LogSource* source;
        kube::LogLine line;
    };
    // Takes in what came, and gives those lines whose turn it is. The sources that have failed since are told in
    // `failed`, each once until it fails otherwise.
    std::vector<Line> take(std::vector<const LogSource*>& failed);

    // Nothing more comes: all were read to their end, or have failed for good.
    bool ended() const;
    const std::deque<LogSource>& all() const { return sources_; }

  private:
    Result<void> add(const fleet::Instance& instance, const fleet::Node& node, bool first);
    void start(size_t number, bool first);
    void take_from(size_t number, std::vector<const LogSource*>& failed);

    kube::Client& client_;
    LogWish wish_;
    LogMerge merge_;
    std::deque<LogSource> sources_;  // by the merge's numbers
};

}  // namespace redisctl
