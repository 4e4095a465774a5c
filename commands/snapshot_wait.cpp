#include "commands/snapshot_wait.h"

#include "base/text.h"
#include "kube/request.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

namespace redisctl {

namespace {

constexpr Millis look_again{500}, one_look{5'000}, error_stands_for{10'000}, silent_for{30'000};

class Waiting {
  public:
    Waiting(Context& context, kube::VolumeSnapshot snapshot, Deadline deadline)
        : context_(context), deadline_(deadline) {
        wait_.snapshot = std::move(snapshot);
    }

    SnapshotWait run() {
        while (!wait_.snapshot.ready && !wait_.error) {
            show();
            if (const Result<void> paused = context_.loop().pause(Deadline::after(look_again).earlier(deadline_));
                !paused) {
                wait_.error = stopped(paused.error());
                break;
            }
            look();
            judge();
        }
        context_.output().progress({});
        return std::move(wait_);
    }

  private:
    void look() {
        const kube::Meta& meta = wait_.snapshot.meta;
        const Deadline until = Deadline::after(one_look);
        kube::Client& client = *context_.client();
        Result<kube::VolumeSnapshot> now =
            kube::await(client, kube::read_volume_snapshot(client, meta.ns, meta.name, until), until);
        if (now && now->meta.uid != meta.uid) now = fail(ErrorCode::not_found, "another one has its name");
        if (now) {
            silent_since_.reset();
            wait_.snapshot = std::move(*now);
            return;
        }
        if (now.error().code == ErrorCode::not_found)
            wait_.error = Error{ErrorCode::conflict, fmt::format("VolumeSnapshot {} is gone", meta.name),
                                "somebody deleted it meanwhile", "run it again", "GONE"};
        else if (now.error().code == ErrorCode::interrupted)
            wait_.error = stopped(now.error());
        else if (!silent_since_)
            silent_since_ = SteadyClock::now();
        else if (SteadyClock::now() - *silent_since_ > silent_for || now.error().code == ErrorCode::forbidden)
            wait_.error = now.error();
    }

    void judge() {
        const kube::VolumeSnapshot& snapshot = wait_.snapshot;
        if (snapshot.ready || wait_.error) return;
        if (snapshot.error.empty())
            failed_since_.reset();
        else if (!failed_since_)
            failed_since_ = SteadyClock::now();
        const bool stands = failed_since_ && SteadyClock::now() - *failed_since_ >= error_stands_for;
        if (!deadline_.passed() && !stands) return;
        if (!snapshot.error.empty())
            wait_.error = Error{ErrorCode::server,
                                fmt::format("the driver could not make VolumeSnapshot {}", snapshot.meta.name),
                                printable(snapshot.error), look_hint(), "SNAPSHOT_FAILED"};
        else
            wait_.error = Error{ErrorCode::timeout,
                                fmt::format("VolumeSnapshot {} is not ready yet", snapshot.meta.name),
                                snapshot.taken.empty()
                                    ? "nobody has said anything of it: does the snapshot controller run, and the "
                                      "driver's csi-snapshotter?"
                                    : fmt::format("the driver made the copy at {}, and works on it", snapshot.taken),
                                look_hint(), "NOT_READY"};
    }

    std::string look_hint() const {
        return fmt::format("kubectl describe volumesnapshot {} -n {}", wait_.snapshot.meta.name,
                           wait_.snapshot.meta.ns);
    }

    static Error stopped(Error error) {
        error.message = "stopped before the snapshot was ready";
        return error;
    }

    void show() {
        const kube::VolumeSnapshot& snapshot = wait_.snapshot;
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(SteadyClock::now() - begin_).count();
        context_.output().progress(fmt::format("{}: not ready for {} s{}", snapshot.meta.name, seconds,
                                               snapshot.error.empty() ? "" : ": " + printable(snapshot.error)));
    }

    Context& context_;
    const Deadline deadline_;
    SnapshotWait wait_;
    const TimePoint begin_ = SteadyClock::now();
    std::optional<TimePoint> failed_since_, silent_since_;
};

}  // namespace

SnapshotWait wait_until_ready(Context& context, kube::VolumeSnapshot snapshot, Deadline deadline) {
    return Waiting(context, std::move(snapshot), deadline).run();
}

}  // namespace redisctl
