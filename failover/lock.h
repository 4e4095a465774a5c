// One change at a time for an instance. A lock cannot fence Redis, so roles and processes are read again before each
// change all the same.
#pragma once

#include "base/environment.h"
#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace redisctl::failover {

// What is done about a lock that somebody else holds.
struct Takeover {
    std::set<std::string> dead;  // holders whose process has ended, as their journals tell: their lock is taken
    // With it a lock that looks abandoned is waited for, for as long as it is valid for: a holder that does not renew
    // it meanwhile is dead too. Called once, with the holder, before that wait. Only a Lease is waited for;
    // redisctl:lock runs out by itself.
    std::function<void(const std::string& holder)> wait = {};
    bool any = false;  // also one that does not look abandoned
};

class Lock {
  public:
    virtual ~Lock() = default;
    // Renews when it is time to. Errors: conflict when it was lost or is not ours for at least this long.
    virtual Result<void> keep(Millis at_least) = 0;
    // What a colleague on another machine needs to go on: the operation's essence as JSON text, no secrets.
    virtual void note(const std::string& essence) = 0;
    virtual void release() = 0;
};

// Plain hosts: a file lock for this machine, and the key redisctl:lock with 60 s to live on the master, which is
// replicated and so survives the switch.
class HostLock final : public Lock {
  public:
    // A command to the node that is master now; used to set, renew and delete the key. nullopt: there is none.
    using OnMaster = std::function<std::optional<std::string>(const std::vector<std::string>& command)>;

    // holder: who and where, for those who are refused. Errors: refused, naming the holder.
    static Result<std::unique_ptr<Lock>> acquire(const Environment& environment, const std::string& instance,
                                                 const std::string& holder, const Takeover& takeover,
                                                 OnMaster on_master);
    ~HostLock() override { release(); }

    Result<void> keep(Millis at_least) override;
    void note(const std::string&) override {}
    void release() override;

  private:
    HostLock(Fd file, std::string holder, OnMaster on_master)
        : file_(std::move(file)), holder_(std::move(holder)), on_master_(std::move(on_master)) {}

    Fd file_;
    std::string holder_;
    OnMaster on_master_;
    Deadline renew_at_ = Deadline::never();
};

// "user@host/pid/operation"
std::string holder_identity(const Environment& environment, const std::string& operation);

}  // namespace redisctl::failover
