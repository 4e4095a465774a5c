// What changes in a collection of objects from now on, for as long as somebody wants to know: one watch, taken up again
// where it ended, from the newest version once the server has forgotten that one (410).
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "kube/client.h"
#include "kube/objects.h"
#include "kube/request.h"
#include "kube/resource.h"
#include "kube/watch_stream.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redisctl::kube {

class CollectionWatch final : public net::Task {
  public:
    // ns empty: all namespaces. selector as kubectl's -l. again_after: between the end of one request and the next, so
    // that a server (or a proxy) that ends every watch at once is not flooded.
    CollectionWatch(Client& client, const Resource& resource, std::string ns, const std::string& selector,
                    Millis again_after);
    ~CollectionWatch() override;

    struct Change {
        std::string type;  // ADDED | MODIFIED | DELETED
        Meta meta;
        TimePoint at;  // when it arrived
    };
    bool has_news() const { return !changes_.empty() || gap_; }
    std::vector<Change> take() { return std::exchange(changes_, {}); }
    // True once after each moment before which changes may have been missed: the beginning, and a version that was
    // forgotten. Whoever looks now misses nothing from here on.
    bool take_gap() { return std::exchange(gap_, false); }
    // The server has answered the watch that is under way.
    bool open() const { return watch_ && watch_->answered(); }
    // Why it is over for good: forbidden, with the rule to add, and whatever else asking again would not help.
    const std::optional<Error>& ended() const { return ended_; }

  private:
    void advance() override;
    net::Interest interest() const override { return {}; }
    Deadline deadline() const override;

    void read_version();
    void on_version();
    void watch();
    bool take_in(std::string_view line);
    void again() { again_at_ = Deadline::after(again_after_); }

    Client& client_;
    Access access_;
    std::string path_;  // with the selector
    Millis again_after_;
    Deadline again_at_ = Deadline::never();
    std::unique_ptr<Request> list_;
    std::unique_ptr<WatchStream> watch_;
    std::string version_;  // where the next watch begins; empty: to be asked for
    bool gap_ = false;
    std::vector<Change> changes_;
    std::optional<Error> ended_;
};

}  // namespace redisctl::kube
