#include "failover/lock.h"

#include <fmt/core.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace redisctl::failover {

namespace {

constexpr const char* key = "redisctl:lock";
constexpr const char* lives_ms = "60000";
constexpr Millis renew_every{20'000};

std::string lock_folder(const Environment& environment) {
    if (const auto state = environment("XDG_STATE_HOME"); state && !state->empty()) return *state + "/redisctl/locks";
    return environment("HOME").value_or("") + "/.local/state/redisctl/locks";
}

Error held(const std::string& instance, const std::string& holder) {
    return Error{ErrorCode::refused, fmt::format("another change of {} is under way", instance),
                 fmt::format("it is held by {}", holder), "redisctl history; a dead holder's lock is free after 60 s",
                 "LOCKED"};
}

std::string_view operation_of(std::string_view holder) {
    return holder.substr(holder.rfind('/') + 1);
}

}  // namespace

std::string holder_identity(const Environment& environment, const std::string& operation) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const std::string user = environment("USER").value_or(environment("LOGNAME").value_or(std::to_string(::getuid())));
    return fmt::format("{}@{}/{}/{}", user, host.data(), ::getpid(), operation);
}

Result<std::unique_ptr<Lock>> HostLock::acquire(const Environment& environment, const std::string& instance,
                                                const std::string& holder, const Takeover& takeover,
                                                OnMaster on_master) {
    const std::string folder = lock_folder(environment);
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    std::string name = instance;
    for (char& c : name)
        if (c == '/') c = '_';
    const std::string path = fmt::format("{}/{}", folder, name);
    Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file)
        return fail(Error{ErrorCode::refused, fmt::format("the lock {} cannot be made", path), std::strerror(errno),
                          "name another folder: XDG_STATE_HOME=/var/tmp redisctl …", "JOURNAL"});
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 512> who{};
        const ssize_t n = ::pread(file.get(), who.data(), who.size() - 1, 0);
        return fail(held(instance, n > 0 ? who.data() : "a process on this machine"));
    }
    std::unique_ptr<HostLock> lock(new HostLock(std::move(file), holder, std::move(on_master)));
    if (const auto set = lock->on_master_({"SET", key, holder, "NX", "PX", lives_ms}); set && *set != "OK") {
        const std::string other = lock->on_master_({"GET", key}).value_or("");
        // A master that takes no writes for another reason (a fence that was left) has no other holder.
        if (!other.empty() && !takeover.dead.contains(other)) {
            lock->on_master_ = nullptr;
            return fail(held(instance, other));
        }
        lock->on_master_({"SET", key, holder, "PX", lives_ms});
    }
    if (::ftruncate(lock->file_.get(), 0) == 0) (void)!::pwrite(lock->file_.get(), holder.data(), holder.size(), 0);
    lock->renew_at_ = Deadline::after(renew_every);
    return std::unique_ptr<Lock>(std::move(lock));
}

Result<void> HostLock::keep(Millis) {
    if (!on_master_ || !renew_at_.passed()) return {};
    renew_at_ = Deadline::after(renew_every);
    const auto other = on_master_({"GET", key});
    if (other && !other->empty() && operation_of(*other) != operation_of(holder_))
        return fail(Error{ErrorCode::conflict, "the lock was lost", fmt::format("it is held by {}", *other),
                          "redisctl history", "LOCKED"});
    on_master_({"SET", key, holder_, "PX", lives_ms});
    return {};
}

void HostLock::release() {
    if (!file_) return;
    // Where the key could not be set again it still names the dead run of this operation.
    if (on_master_ && operation_of(on_master_({"GET", key}).value_or("")) == operation_of(holder_))
        on_master_({"DEL", key});
    // Unlinking would let two hold two files of one name.
    (void)!::ftruncate(file_.get(), 0);
    file_.reset();
}

}  // namespace redisctl::failover
