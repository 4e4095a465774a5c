#include "commands/restore_checks.h"

#include "base/text.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

namespace redisctl {

namespace {

using failover::Check;
using failover::Verdict;

class Judge {
  public:
    Judge(const RestoreFile& file, const RestoreTarget& target, const topology::Picture& picture, RestoreMode mode,
          const std::optional<GoingOn>& going_on)
        : file_(file), target_(target), picture_(picture), mode_(mode), going_on_(going_on) {}

    std::vector<Check> all() {
        file();
        origin();
        commands();
        keys();
        command();
        databases();
        largest();
        memory();
        functions();
        modules();
        flush();
        replicas();
        durability();
        return std::move(checks_);
    }

  private:
    Check& add(std::string name, Verdict verdict, std::string value, std::string limit, std::string hint = {}) {
        checks_.push_back({std::move(name), verdict, picture_.master, std::move(value), std::move(limit),
                           std::move(hint), false, false});
        return checks_.back();
    }

    void file() {
        std::string value =
            fmt::format("{} keys, {}, format {}", file_.facts.keys(), human_bytes(file_.bytes), file_.facts.version);
        const bool vouched = file_.facts.checksum == redis::RdbChecksum::good || file_.manifest.has_value();
        if (!vouched) value += "; it has no checksum, and there is no manifest";
        add("file", vouched ? Verdict::ok : Verdict::warn, value, "whole, by its checksum or its manifest").node = "";
    }

    void origin() {
        if (!file_.manifest) return;
        const backup::Manifest& manifest = *file_.manifest;
        const bool same = manifest.instance == picture_.name && manifest.ns == picture_.ns;
        add("origin", same ? Verdict::ok : Verdict::warn,
            fmt::format("of {}, {}", printable(manifest.full_name()), manifest.time), "of " + picture_.full_name(),
            same ? "" : "is it the right file?")
            .node = "";
    }

    void commands() {
        if (!file_.manifest || !file_.manifest->aof) return;
        const backup::Aof& aof = *file_.manifest->aof;
        add("commands", Verdict::warn,
            fmt::format("{} behind the RDB, up to {}, {} left out",
                        aof.commands == 1 ? "1 command" : fmt::format("{} commands", aof.commands), aof.time,
                        aof.commands == 1 ? "is" : "are"),
            "the RDB alone", fmt::format("redisctl restore aof {}", printable(file_.manifest->id)))
            .node = "";
    }

    void keys() {
        const int64_t there = sum_of(target_.keys);
        const std::string value = fmt::format("{} keys", there);
        if (going_on_) {
            add("target-keys", Verdict::ok, value, "any: it goes on with what was begun");
            return;
        }
        switch (mode_) {
            case RestoreMode::into_empty:
                add("target-keys", there == 0 ? Verdict::ok : Verdict::block, value, "0 keys",
                    there == 0 ? ""
                               : "--merge replaces those that the file has and keeps the others; --replace-all removes "
                                 "what the file does not have");
                break;
            case RestoreMode::merge:
                add("target-keys", Verdict::ok, value, "any: --merge");
                break;
            case RestoreMode::replace_all:
                add("target-keys", Verdict::ok, value, "any: --replace-all removes them");
                break;
        }
    }

    // One answer tells whether it is permitted, whether it is a master that takes writes, and whether it knows the
    // format.
    void command() {
        if (!target_.restore_said) {
            add("restore", Verdict::ok, "RESTORE would be taken", "permitted, and the format is known");
            return;
        }
        const Error& said = *target_.restore_said;
        const bool version = said.cause.find("payload version") != std::string::npos;
        if (version)
            add("restore", Verdict::block,
                fmt::format("{} does not know format {}", target_.version, file_.facts.version),
                "a server that knows it",
                fmt::format("restore to a server not older than the one that saved it{}", saved_by()));
        else
            add("restore", Verdict::block, said.message + (said.cause.empty() ? "" : ": " + said.cause),
                "permitted, and the format is known", said.hint);
    }

    std::string saved_by() const {
        const auto note = file_.facts.notes.find("redis-ver");
        const auto valkey = file_.facts.notes.find("valkey-ver");
        if (valkey != file_.facts.notes.end()) return fmt::format(" (valkey {})", printable(valkey->second));
        if (note != file_.facts.notes.end()) return fmt::format(" ({})", printable(note->second));
        return {};
    }

    void databases() {
        const uint64_t highest = file_.facts.databases.empty() ? 0 : file_.facts.databases.rbegin()->first;
        const std::string limit =
            target_.databases ? fmt::format("{} databases, SELECT permitted", *target_.databases) : "SELECT permitted";
        if (!target_.select_said)
            add("databases", Verdict::ok, fmt::format("up to db{}", highest), limit);
        else
            add("databases", Verdict::block,
                fmt::format("SELECT {}: {}{}", highest, target_.select_said->message,
                            target_.select_said->cause.empty() ? "" : ": " + target_.select_said->cause),
                limit, target_.select_said->hint);
    }

    // Behind proto-max-bulk-len the server hangs up.
    void largest() {
        if (file_.largest == 0) return;
        const std::string value = fmt::format("{}: {}", human_bytes(file_.largest), file_.largest_key);
        if (!target_.max_bulk_bytes) {
            // Its default; CONFIG may be denied.
            constexpr uint64_t usual = 512u << 20;
            add("largest-value", file_.largest <= usual ? Verdict::ok : Verdict::block, value,
                "at most 512.0MiB, proto-max-bulk-len's default");
            return;
        }
        const auto limit = static_cast<uint64_t>(*target_.max_bulk_bytes);
        add("largest-value", file_.largest <= limit ? Verdict::ok : Verdict::block, value,
            fmt::format("at most {} (proto-max-bulk-len)", human_bytes(limit)),
            file_.largest <= limit ? "" : "CONFIG SET proto-max-bulk-len on the master, and as much memory");
    }

    // The server that saved it says what the data took in its memory; without that the file's size is the least.
    void memory() {
        if (!target_.maxmemory || !target_.used_memory) {
            add("memory", Verdict::unknown, "unknown", "what the data need", "redisctl memory").overridable = true;
            return;
        }
        if (*target_.maxmemory == 0) {
            add("memory", Verdict::ok, "no maxmemory", "what the data need");
            return;
        }
        const auto note = file_.facts.notes.find("used-mem");
        const std::optional<int64_t> told = note == file_.facts.notes.end() ? std::nullopt : parse_int(note->second);
        const int64_t whole = std::max<int64_t>(told.value_or(0), static_cast<int64_t>(file_.bytes));
        const auto needed = static_cast<int64_t>(static_cast<double>(whole) * still_to_come());
        const int64_t used = empties() ? 0 : *target_.used_memory;
        const bool fits = used + needed <= *target_.maxmemory;
        const std::string value = fmt::format("about {} needed, {} in use", human_bytes(static_cast<uint64_t>(needed)),
                                              human_bytes(static_cast<uint64_t>(*target_.used_memory)));
        const bool evicts = !target_.policy.empty() && target_.policy != "noeviction";
        const std::string limit =
            fmt::format("at most {} (maxmemory, {})", human_bytes(static_cast<uint64_t>(*target_.maxmemory)),
                        target_.policy.empty() ? "unknown policy" : target_.policy);
        add("memory", fits ? Verdict::ok : Verdict::block, value, limit,
            fits     ? ""
            : evicts ? "raise maxmemory: keys would be evicted while they are restored"
                     : "raise maxmemory: it would refuse the rest")
            .overridable = true;
    }

    bool empties() const { return mode_ == RestoreMode::replace_all && !going_on_; }

    // The share of the file that is not there yet: by its place, or, where the keys that are there are its own, by their
    // number, since another master has most of what was sent to the one before.
    double still_to_come() const {
        const auto all = static_cast<double>(file_.facts.keys());
        if (!going_on_ || all == 0) return 1;
        auto there = static_cast<double>(going_on_->behind);
        if (mode_ != RestoreMode::merge) there = std::max(there, static_cast<double>(sum_of(target_.keys)));
        return std::clamp(1 - there / all, 0.0, 1.0);
    }

    void functions() {
        if (file_.facts.functions == 0) return;
        const std::string value = fmt::format("{} libraries in the file", file_.facts.functions);
        if (!target_.has_functions) {
            add("functions", Verdict::block, value + ", and the server knows no FUNCTION", "FUNCTION",
                "restore to Redis 7.0 or later");
            return;
        }
        const bool some = target_.functions && !target_.functions->empty();
        add("functions", some && !empties() && !going_on_ ? Verdict::warn : Verdict::ok,
            some ? fmt::format("{}; there now: {}", value, fmt::join(*target_.functions, ", ")) : value,
            "those of the same names are replaced");
    }

    void modules() {
        if (file_.of_modules == 0) return;
        const std::string value =
            fmt::format("{} values of modules, the first is {}", file_.of_modules, file_.first_of_module);
        const bool none = target_.modules == size_t{0};
        add("modules", none ? Verdict::block : Verdict::warn, value + (none ? "; no module is loaded" : ""),
            "the same modules are loaded", "redisctl exec -- MODULE LIST");
    }

    void flush() {
        if (!empties()) return;
        add("flush", target_.has_flush ? Verdict::ok : Verdict::block,
            target_.has_flush ? "FLUSHALL is known" : "FLUSHALL is renamed or disabled", "known",
            target_.has_flush ? "" : "--merge, which removes nothing");
    }

    void replicas() {
        std::vector<std::string> bad;
        size_t good = 0;
        for (const topology::NodePicture& node : picture_.nodes) {
            if (node.name == picture_.master) continue;
            const bool linked = node.view && node.view->role == redis::Role::replica && node.view->link_up == true &&
                                node.master_node == picture_.master;
            if (linked)
                good++;
            else
                bad.push_back(node.name);
        }
        add("replicas", bad.empty() ? Verdict::ok : Verdict::warn,
            bad.empty() ? fmt::format("{} linked", good)
                        : fmt::format("{} linked, not: {}", good, fmt::join(bad, ", ")),
            "all are linked, and get what is restored", bad.empty() ? "" : "redisctl status");
    }

    void durability() {
        if (!target_.aof) return;
        const bool kept = *target_.aof || target_.saves;
        add("on-disk", kept ? Verdict::ok : Verdict::warn,
            *target_.aof    ? "AOF is on: what is restored is appended to it"
            : target_.saves ? "no AOF; it saves an RDB by itself"
                            : "neither AOF nor save: nothing is kept on the disk",
            "AOF, or save", kept ? "" : "redisctl exec -- BGSAVE afterwards");
    }

    const RestoreFile& file_;
    const RestoreTarget& target_;
    const topology::Picture& picture_;
    RestoreMode mode_;
    const std::optional<GoingOn>& going_on_;
    std::vector<Check> checks_;
};

}  // namespace

Result<std::vector<Check>> restore_checks(const RestoreFile& file, const RestoreTarget& target,
                                          const topology::Picture& picture, RestoreMode mode,
                                          const std::optional<GoingOn>& going_on,
                                          const std::vector<std::string>& overrides) {
    std::vector<Check> checks = Judge(file, target, picture, mode, going_on).all();
    for (const std::string& name : overrides) {
        const auto check =
            std::find_if(checks.begin(), checks.end(), [&](const Check& one) { return one.name == name; });
        if (check == checks.end() || !check->overridable)
            return fail(ErrorCode::usage, fmt::format("--override: '{}' cannot be overridden", printable(name)),
                        "only memory can", "--override memory");
        if (!failover::refuses(*check)) continue;
        check->verdict = Verdict::warn;
        check->overridden = true;
    }
    return checks;
}

}  // namespace redisctl
