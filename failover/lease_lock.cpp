#include "failover/lease_lock.h"

#include "base/interrupt.h"
#include "base/text.h"
#include "kube/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace redisctl::failover {

namespace {

constexpr const char* operation_annotation = "redisctl.io/operation";
constexpr Millis one_request{2'000};
constexpr Millis look_again{1'000};
constexpr size_t max_object_name = 253;
constexpr int max_conflicts = 5;

Deadline soon() {
    return Deadline::after(one_request);
}

std::string note_of(const kube::Lease& lease) {
    const auto found = lease.meta.annotations.find(operation_annotation);
    return found == lease.meta.annotations.end() ? std::string() : found->second;
}

void set_note(kube::Lease& lease, const std::string& note) {
    if (note.empty())
        lease.meta.annotations.erase(operation_annotation);
    else
        lease.meta.annotations[operation_annotation] = note;
}

// The Lease may have been written, or not: only a look can tell.
bool must_look(const Error& error) {
    return error.code == ErrorCode::conflict || error.reason == kube::unknown_outcome;
}

Result<std::optional<kube::Lease>> look(kube::Client& client, const std::string& ns, const std::string& name,
                                        Deadline deadline) {
    auto reading = kube::read_lease(client, ns, name, deadline);
    Result<kube::Lease> lease = kube::await(client, reading, Deadline::never());
    if (lease) return std::optional(std::move(*lease));
    if (lease.error().code == ErrorCode::not_found) return std::nullopt;
    return fail(std::move(lease).error());
}

Millis duration_of(const kube::Lease& lease) {
    return lease.duration_seconds > 0 ? Millis(1000 * lease.duration_seconds) : LeaseLock::valid_for;
}

Error held(const std::string& instance, const kube::Lease& lease) {
    return {ErrorCode::refused, fmt::format("another change of {} is under way", printable(instance)),
            fmt::format("the lock is held by {} since {}, renewed {}", printable(lease.holder),
                        printable(lease.acquired), printable(lease.renewed)),
            fmt::format("redisctl history; a dead holder's lock is free after a wait of {} s",
                        duration_of(lease).count() / 1000),
            "LOCKED"};
}

}  // namespace

std::string LeaseLock::lease_name(const std::string& instance) {
    std::string name = "redisctl-";
    for (const char c : lower(instance)) name += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
    name.resize(std::min(name.size(), max_object_name));
    return name.substr(0, name.find_last_not_of('-') + 1);
}

bool LeaseLock::looks_abandoned(const kube::Lease& lease) {
    const std::optional<int64_t> renewed = parse_rfc3339(lease.renewed), now = parse_rfc3339(rfc3339_now());
    return !lease.holder.empty() && note_of(lease).empty() && renewed && now &&
           Millis(1000 * (*now - *renewed)) > duration_of(lease);
}

Result<std::optional<LockHolder>> LeaseLock::peek(kube::Client& client, const std::string& ns,
                                                  const std::string& instance, Deadline deadline) {
    TRY_ASSIGN(const std::optional<kube::Lease> lease, look(client, ns, lease_name(instance), deadline));
    if (!lease) return std::nullopt;
    return LockHolder{lease->holder, lease->acquired, lease->renewed, note_of(*lease)};
}

Result<std::unique_ptr<LeaseLock>> LeaseLock::acquire(kube::Client& client, const std::string& ns,
                                                      const std::string& instance, const std::string& holder,
                                                      const Takeover& takeover) {
    const std::string name = lease_name(instance);
    const TimePoint began = SteadyClock::now();
    TimePoint seen_at = began;
    std::string seen_version;
    int versions = 0;
    bool told = false;
    for (int conflicts = 0;;) {
        TRY_ASSIGN(const std::optional<kube::Lease> found, look(client, ns, name, Deadline::never()));
        const TimePoint asked = SteadyClock::now();
        // Only when a request that we sent was done without our hearing of it.
        if (found && found->holder == holder)
            return std::unique_ptr<LeaseLock>(new LeaseLock(client, *found, instance, began));
        if (found && found->meta.resource_version != seen_version) {
            seen_version = found->meta.resource_version;
            seen_at = asked;
            versions++;
        }
        const bool held_by_other = found && !found->holder.empty() && !takeover.dead.contains(found->holder);
        if (held_by_other && asked - seen_at < duration_of(*found)) {
            const bool lives = versions > 1 && asked - began >= duration_of(*found);
            const bool is_waited_for = takeover.wait && (takeover.any || looks_abandoned(*found));
            if (!is_waited_for || lives) return fail(held(instance, *found));
            if (!std::exchange(told, true)) takeover.wait(found->holder);
            TRY(client.loop().pause(Deadline::after(look_again)));
            continue;
        }
        kube::Lease next = found.value_or(kube::Lease{});
        next.meta.name = name;
        next.meta.ns = ns;
        next.meta.labels["app.kubernetes.io/managed-by"] = "redisctl";
        next.transitions += found ? 1 : 0;
        next.holder = holder;
        next.duration_seconds = valid_for.count() / 1000;
        next.acquired = next.renewed = rfc3339_micros_now();
        Result<kube::Lease> taken = found ? kube::update_lease(client, next, Deadline::never())
                                          : kube::create_lease(client, next, Deadline::never());
        if (taken) return std::unique_ptr<LeaseLock>(new LeaseLock(client, std::move(*taken), instance, asked));
        if (!must_look(taken.error()) || ++conflicts == max_conflicts) return fail(std::move(taken).error());
    }
}

LeaseLock::LeaseLock(kube::Client& client, kube::Lease lease, std::string instance, TimePoint asked)
    : client_(client),
      lease_(std::move(lease)),
      instance_(std::move(instance)),
      holder_(lease_.holder),
      found_(note_of(lease_)),
      renewed_(asked),
      try_at_(asked + renew_every) {}

Millis LeaseLock::left() const {
    if (lost_) return Millis(0);
    return Deadline(renewed_ + valid_for).left();
}

Error LeaseLock::lost(const std::string& why) {
    lost_ = Error{ErrorCode::conflict, fmt::format("the lock of {} was lost", printable(instance_)), why,
                  "redisctl history", "LOCK_LOST"};
    return *lost_;
}

// A conflict is no loss yet: somebody may have put a label on it. It is ours as long as it names us.
Result<void> LeaseLock::write(kube::Lease next) {
    for (int tries = 0;; tries++) {
        const TimePoint asked = SteadyClock::now();
        next.renewed = rfc3339_micros_now();
        Result<kube::Lease> written = kube::update_lease(client_, next, soon());
        if (written) {
            lease_ = std::move(*written);
            renewed_ = asked;
            try_at_ = asked + renew_every;
            return {};
        }
        if (written.error().code == ErrorCode::not_found) return fail(lost("its Lease was deleted"));
        if (!must_look(written.error()) || tries > 0) return fail(std::move(written).error());
        TRY_ASSIGN(const std::optional<kube::Lease> now, look(client_, lease_.meta.ns, lease_.meta.name, soon()));
        if (!now) return fail(lost("its Lease was deleted"));
        if (now->holder != holder_) {
            // Our own release, of which we only did not hear, is what was wanted.
            if (next.holder.empty() && now->renewed == next.renewed) return {};
            return fail(lost(now->holder.empty() ? std::string("somebody emptied it")
                                                 : fmt::format("it is held by {}", printable(now->holder))));
        }
        const std::string note = note_of(next);
        next.meta = now->meta;
        set_note(next, note);
    }
}

Result<void> LeaseLock::keep(Millis at_least) {
    if (lost_) return fail(*lost_);
    const TimePoint now = SteadyClock::now();
    if (now < try_at_ && left() >= at_least) return {};
    const Result<void> renewed = write(lease_);
    if (renewed && left() >= at_least) return {};
    if (lost_) return fail(*lost_);
    if (!renewed && left() > Millis(0) && left() >= at_least) {
        try_at_ = SteadyClock::now() + look_again;
        return {};
    }
    if (!renewed) return fail(renewed.error());
    return fail(ErrorCode::conflict, fmt::format("the lock of {} is not ours for long enough", printable(instance_)),
                fmt::format("{} ms are needed, {} ms are left", at_least.count(), left().count()));
}

Result<void> LeaseLock::annotate(const std::string& essence) {
    if (lost_) return fail(*lost_);
    kube::Lease next = lease_;
    set_note(next, essence);
    return write(std::move(next));
}

void LeaseLock::release() {
    if (lost_) return;
    const interrupt::Patience to_the_end(std::numeric_limits<int>::max());
    kube::Lease next = lease_;
    next.holder.clear();
    (void)write(std::move(next));
    lost("it was given back");
}

}  // namespace redisctl::failover
