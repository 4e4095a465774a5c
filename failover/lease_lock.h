// The lock of an instance on Kubernetes: a Lease beside it, which colleagues on other machines see too. Its rules are
// those of client-go's leader election: whether a holder is dead is judged by our own clock only, never by the times
// that the Lease carries. A Lease cannot fence Redis.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "failover/lock.h"
#include "kube/client.h"
#include "kube/lease.h"

#include <memory>
#include <optional>
#include <string>

namespace redisctl::failover {

// Who holds the lock of an instance, and what for.
struct LockHolder {
    std::string holder;          // "user@host/pid/operation"; empty: it is free
    std::string since, renewed;  // RFC 3339, by the holder's clock
    std::string essence;         // what note() left; outlives the holder when the change was not finished
};

class LeaseLock final : public Lock {
  public:
    static constexpr Millis valid_for{30'000};
    static constexpr Millis renew_every{5'000};

    // holder: see holder_identity; it must be this operation's alone. A lock that nobody holds, or a dead one, is
    // taken. Otherwise `refused` (reason LOCKED, naming the holder), at once or, after a wait, when its holder renewed
    // it during the time that it is valid for. What a dead one noted stays until the next note(). Other errors: of the
    // requests; forbidden with the rule to add.
    static Result<std::unique_ptr<LeaseLock>> acquire(kube::Client& client, const std::string& ns,
                                                      const std::string& instance, const std::string& holder,
                                                      const Takeover& takeover);
    // By the times that it carries nobody renewed it for longer than it is valid, and nobody noted what is to be
    // finished: worth a wait. Not to be relied upon: clocks differ.
    static bool looks_abandoned(const kube::Lease& lease);
    // Who holds it; nullopt when nobody ever did.
    static Result<std::optional<LockHolder>> peek(kube::Client& client, const std::string& ns,
                                                  const std::string& instance, Deadline deadline);
    // "redisctl-<instance>", as an object may be called.
    static std::string lease_name(const std::string& instance);

    // Gives the lock back. A process that dies does not; its lock runs out.
    ~LeaseLock() override { release(); }

    // Cheap until 5 s after the last renewal, or until less than `at_least` is left; then one request, of 2 s at most.
    // A renewal that fails is no error while enough is left. Errors: `conflict`, reason LOCK_LOST, when somebody else
    // has it or it was deleted, for ever after; else what went wrong with the renewal.
    Result<void> keep(Millis at_least = Millis(0)) override;
    // Annotation redisctl.io/operation of the Lease; empty takes it away. note() does not say when it failed.
    Result<void> annotate(const std::string& essence);
    void note(const std::string& essence) override { (void)annotate(essence); }
    // Empties the holder; the note stays. Also after Ctrl-C; takes 4 s at most; when it fails the lock runs out.
    void release() override;

    // How long it is ours for sure: counted from before the last renewal was sent, by the steady clock.
    Millis left() const;
    // What the one before us left in its note when it did not finish; empty when there is nothing.
    const std::string& found() const { return found_; }

  private:
    LeaseLock(kube::Client& client, kube::Lease lease, std::string instance, TimePoint asked);
    Result<void> write(kube::Lease next);
    Error lost(const std::string& why);

    kube::Client& client_;
    kube::Lease lease_;
    std::string instance_, holder_, found_;
    TimePoint renewed_;
    TimePoint try_at_;
    std::optional<Error> lost_;
};

}  // namespace redisctl::failover
