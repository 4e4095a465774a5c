#include "backup/aof_set.h"
#include "backup/private_folder.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "commands/consent.h"
#include "commands/load_aof.h"
#include "commands/restore_backup.h"
#include "commands/restore_target.h"

#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <optional>

namespace redisctl {

namespace {

using backup::AofSet;
using backup::PrivateFolder;

struct Options {
    RestoreOptions restore;
    std::vector<std::string> what;
    std::string work_dir, server, load_wait;
    bool truncated = false;
};

class RestoreAof {
  public:
    RestoreAof(Context& context, const Options& options)
        : context_(context), options_(options), restore_(options.restore) {}

    Result<ExitCode> run() {
        TRY(check_restore_options(context_, restore_));
        if (!options_.load_wait.empty()) {
            TRY_ASSIGN(loading_.load_wait, parse_duration(options_.load_wait));
        }
        // Long before it is known where to: what is named must be there.
        interrupt::install();
        const std::string folder = restore_.dir.empty() ? "." : restore_.dir;
        TRY_ASSIGN(named_, backup::find_backups(options_.what.front(), folder));
        TRY_ASSIGN(AofSet first, backup::aof_set(named_.front()));
        if (restore_.dir.empty()) restore_.dir = first.above();
        restore_.words = words_again();
        return restore_backup(context_, restore_, [&](const RestorePlace& place) { return fetch(place); });
    }

  private:
    std::vector<std::string> words_again() const {
        const std::string& what = options_.what.front();
        std::error_code failed;
        const bool is_path = std::filesystem::exists(what, failed);
        std::vector<std::string> words{"restore", "aof", is_path ? std::filesystem::absolute(what).string() : what};
        const auto add = [&](const char* flag, const std::string& value) {
            if (!value.empty()) words.insert(words.end(), {flag, value});
        };
        add("--server", options_.server);
        add("--work-dir", options_.work_dir);
        add("--load-wait", options_.load_wait);
        if (options_.truncated) words.emplace_back("--truncated");
        return words;
    }

    Result<backup::Named> fetch(const RestorePlace& place) {
        TRY(might_be_done(place));
        TRY_ASSIGN(const backup::Named named, backup_of(place.picture, named_));
        TRY_ASSIGN(AofSet set, backup::aof_set(named));
        const bool of_valkey = set.manifest && set.manifest->server == "valkey";
        TRY_ASSIGN(loading_.program,
                   find_server_program(context_.environment(), options_.server, of_valkey ? "valkey" : "redis"));
        context_.output().progress(fmt::format("reading {}", printable(set.path)));
        TRY(backup::verify(set));
        TRY(new_enough(loading_.program, set.notes));
        TRY(make_room(set));
        context_.output().progress(fmt::format("copying {}", printable(set.path)));
        loading_.truncated = options_.truncated;
        Result<backup::Named> loaded = copy_and_load(set);
        if (!loaded && loaded.error().reason == "NO_SPACE")
            return fail(std::move(loaded).error().with_hint("make room, or name another folder: --work-dir FOLDER"));
        TRY(loaded);
        context_.output().note(note_of(set));
        if (relative_times(set))
            context_.output().note(
                "a server before 7.0 sends times to live as so many seconds: those that were set behind the base begin "
                "anew where it is loaded");
        return loaded;
    }

    Result<backup::Named> copy_and_load(const AofSet& set) {
        TRY(backup::copy_for_server(set, loading_.folder));
        return load_aof(context_, set, loading_);
    }

    // What it sends to replicas is what it was told; for its own AOF it makes it an end in time (src/aof.c of 6.2,
    // feedAppendOnlyFile).
    static bool relative_times(const AofSet& set) {
        if (!set.manifest || set.manifest->server != "redis") return false;
        const std::string& version = set.manifest->server_version;
        return parse_int(version.substr(0, version.find('.'))).value_or(7) < 7;
    }

    // What would end it later, and is known before a server has loaded everything.
    Result<void> might_be_done(const RestorePlace& place) {
        if (restore_.dry_run) return {};
        TRY(can_be_confirmed(place.picture.name, restore_.confirm));
        if (restore_.merge || restore_.replace_all) return {};
        Result<Holding> now = std::move(ask_holdings(context_, {&place.master}).front());
        TRY(now);
        const int64_t there = sum_of(now->keys);
        if (there == 0) return {};
        return fail(Error{ErrorCode::refused, fmt::format("{} is not empty", place.master.name),
                          fmt::format("it has {} keys", there),
                          "--merge replaces those that the AOF has and keeps the others; --replace-all removes what it "
                          "does not have",
                          "NOT_EMPTY"});
    }

    // Twice its size: its copy, and the RDB of it, which is smaller than what made it or not much larger.
    Result<void> make_room(const AofSet& set) {
        std::string above = options_.work_dir;
        if (above.empty()) above = context_.environment()("TMPDIR").value_or("");
        if (above.empty()) above = "/tmp";
        const uint64_t needed = 2 * set.bytes;
        TRY_ASSIGN(const uint64_t free, backup::free_bytes(above));
        if (free < needed)
            return fail(Error{ErrorCode::refused, fmt::format("there is not enough room in {}", printable(above)),
                              fmt::format("{} are free, and {} are needed: the AOF is copied there, and loaded",
                                          human_bytes(free), human_bytes(needed)),
                              "name another folder: --work-dir FOLDER", "NO_SPACE"});
        TRY_ASSIGN(PrivateFolder made, PrivateFolder::create(above, "redisctl-restore-aof"));
        work_.emplace(std::move(made));
        loading_.folder = work_->path();
        return {};
    }

    std::string note_of(const AofSet& set) const {
        std::string text = fmt::format("{} has loaded {}", loading_.program.full_name(), printable(set.path));
        if (set.manifest && set.manifest->aof)
            text += fmt::format(", with what is behind its base, up to {}", printable(set.manifest->aof->time));
        return text;
    }

    Context& context_;
    const Options& options_;
    RestoreOptions restore_;
    AofLoading loading_;
    std::vector<backup::Named> named_;
    std::optional<PrivateFolder> work_;  // until all is restored
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    options->restore.command = "restore aof";
    spec.options = restore_options(
        options->restore,
        "Folder in which an ID is looked for, and for the safety backup; by default this one, and the AOF's own");
    const std::vector<Option> own = {
        {"--server", "PATH",
         "Server that loads the AOF on this machine; by default redis-server or valkey-server, from PATH",
         &options->server,
         {},
         "file"},
        {"--work-dir", "FOLDER",
         "Where a copy of the AOF lies meanwhile, for twice its size; TMPDIR by default, or /tmp", &options->work_dir,
         {},
         "file"},
        {"--load-wait", "DURATION", "Longest time for the server to load it, 30m by default", &options->load_wait},
        {"--truncated", "", "Of an AOF that ends in the middle of a command, take what is before that",
         &options->truncated}};
    spec.options.insert(spec.options.end(), own.begin(), own.end());
    spec.positionals = {{"BACKUP",
                         "The id of a run of backup aof, its folder, the appendonlydir of a server, or an "
                         "appendonly.aof",
                         &options->what, true, false, "file"}};
    spec.examples = {"redisctl restore aof 20261122T033000Z-1a2b3c4d --dir /var/backups/redis --dry-run",
                     "redisctl restore aof /srv/redis/appendonlydir --instance redis --replace-all",
                     "redisctl restore aof appendonly.aof --server /opt/redis/bin/redis-server --confirm redis --json"};
    spec.run = [options](Context& context) { return RestoreAof(context, *options).run(); };
}

}  // namespace

extern const Command restore_aof_command{
    "restore aof",
    Group::change,
    "Write the keys that an AOF makes to the master: a server here loads it first",
    Uses::target,
    {},
    bind,
    "OperationResult"};

}  // namespace redisctl
