// One watch of a collection, from a version on, as lines of JSON that come when something changes. What becomes of it
// when it ends is its owner's business: the same watch again, or a list first.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "kube/client.h"
#include "net/curl.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::kube {

class WatchStream {
  public:
    // path: of the collection, with its query as far as it selects. `owner` is woken when there is something to take.
    // The server ends the watch after `lasts` (timeoutSeconds), and so do we when it does not.
    WatchStream(Client& client, std::string path, Access access, const std::string& version, Millis lasts,
                net::Task& owner);

    enum class State {
        open,
        ended,      // or it broke: the same version may do
        forgotten,  // the server does not know the version any more, or talks nonsense: list again
        failed,     // error() says why; asking again would not help
    };
    // Gives every whole line that came to `take`, which says false when the stream is of no more use.
    State move(const std::function<bool(std::string_view line)>& take);
    const Error& error() const { return *error_; }
    bool answered() const { return watch_->status() == 200; }
    // When to call move() even though nothing came.
    Deadline deadline() const { return deadline_; }

  private:
    State on_refusal();

    Client& client_;
    Access access_;
    Deadline deadline_;
    int identity_;
    std::unique_ptr<net::Transfer> watch_;
    std::optional<Error> error_;
};

}  // namespace redisctl::kube
