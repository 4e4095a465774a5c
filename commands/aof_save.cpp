#include "commands/aof_save.h"

#include "backup/incr_file.h"
#include "backup/new_folder.h"
#include "backup/sha256.h"
#include "base/text.h"
#include "commands/backup_receive.h"
#include "commands/transfer_progress.h"
#include "redis/info_fields.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl {

namespace {

using backup::IncrFile;
using backup::Manifest;
using backup::NewFile;

// As a server with the default appendfilename calls them.
constexpr const char *base_name = "appendonly.aof.1.base.rdb", *incr_name = "appendonly.aof.1.incr.aof",
                     *list_name = "appendonly.aof.manifest";

// How many clients the node has hung up on because they read too slowly; nullopt: it does not count them (Redis 7.0).
std::optional<int64_t> hung_up_on(Context& context, const fleet::Node& node) {
    const std::vector<fleet::Call> call{{&node, {{"INFO", "stats"}}}};
    const fleet::Outcome outcome = std::move(context.ask_further(call).front());
    if (!outcome.replies) return std::nullopt;
    const auto stats = redis::read_info(outcome.replies->front(), "stats");
    return stats ? redis::count_of(*stats, "client_output_buffer_limit_disconnections") : std::nullopt;
}

class AofSaving {
  public:
    AofSaving(Context& context, const fleet::Instance& instance, const topology::Picture& picture,
              const BackupSource& source, std::optional<Millis> lasting, Manifest& manifest)
        : context_(context),
          instance_(instance),
          picture_(picture),
          source_(source),
          lasting_(lasting),
          manifest_(manifest),
          hung_up_before_(hung_up_on(context, *source.node)) {}

    Result<void> run(const fleet::Waiting& waiting, const backup::NewFolder& folder) {
        fleet::Snapshot snapshot = context_.fleet().snapshot(*source_.node, waiting);
        TRY_ASSIGN(const uint64_t database, save_base(snapshot, folder));
        TRY_ASSIGN(NewFile file, NewFile::create(folder.unfinished(), incr_name));
        IncrFile incr(std::move(file), manifest_.offset, database);
        manifest_.aof.emplace();
        if (Result<void> followed = follow(snapshot, incr); !followed) {
            // A file that cannot be written is not whole up to any place.
            if (followed.error().code == ErrorCode::io) return followed;
            broke_ = too_early(std::move(followed).error(), incr);
        }
        TRY(incr.finish());
        TRY(incr.file().keep());
        manifest_.aof->offset = incr.offset();
        manifest_.aof->commands = incr.commands();
        manifest_.aof->time = rfc3339_now();
        add_part(backup::aof_incr, incr_name, incr.size(), incr.sha256());
        return write_list(folder);
    }

    std::optional<Error> broke() const { return broke_; }

  private:
    // The database that is selected where the commands begin.
    Result<uint64_t> save_base(fleet::Snapshot& snapshot, const backup::NewFolder& folder) {
        TRY_ASSIGN(NewFile base, NewFile::create(folder.unfinished(), base_name));
        auto facts = receive_rdb(context_, source_, snapshot, fleet::SnapshotOf::rdb_and_commands, base, manifest_);
        if (!facts) {
            Error error = explained(context_, std::move(facts).error(), source_);
            if (was_too_slow(error)) error.cause += "; " + too_slow();
            return fail(std::move(error));
        }
        TRY(base.keep());
        manifest_.file = backup::aof_folder_name(manifest_) + "/" + base_name;
        const auto database = facts->notes.find("repl-stream-db");
        const auto number = database == facts->notes.end() ? std::nullopt : parse_int(database->second);
        return static_cast<uint64_t>(std::max<int64_t>(number.value_or(0), 0));
    }

    Result<void> follow(fleet::Snapshot& snapshot, IncrFile& incr) {
        std::optional<int64_t> target;
        std::optional<Error> of_master;
        if (!lasting_) {
            TRY_ASSIGN(target, written_by_now(of_master));
        }
        const Deadline until = lasting_ ? Deadline::after(*lasting_) : Deadline::never();
        TransferProgress progress(context_.output(), source_.node->name, std::nullopt, 0);
        std::string bytes;
        while (!target || incr.offset() < *target) {
            if (until.passed()) {
                manifest_.aof->ended = "duration";
                return {};
            }
            if (Result<void> came = snapshot.next_commands(bytes, incr.received(), until); !came) {
                if (!lasting_ || came.error().code != ErrorCode::interrupted) return came;
                manifest_.aof->ended = "interrupted";
                return {};
            }
            TRY(incr.feed(bytes));
            progress.show(incr.size(), 0);
        }
        manifest_.aof->ended = "caught-up";
        return of_master ? Result<void>(fail(*of_master)) : Result<void>{};
    }

    // The offset of the master, or, where that does not tell, of the node that is followed: then why stands beside it.
    Result<int64_t> written_by_now(std::optional<Error>& of_master) {
        const auto named = std::find_if(instance_.nodes.begin(), instance_.nodes.end(),
                                        [&](const fleet::Node& node) { return node.name == picture_.master; });
        const fleet::Node* master = named == instance_.nodes.end() ? source_.node : &*named;
        auto offset = offset_of(*master);
        if (offset || master == source_.node || offset.error().code == ErrorCode::interrupted) return offset;
        of_master = offset.error();
        return offset_of(*source_.node);
    }

    Result<int64_t> offset_of(const fleet::Node& node) {
        const std::vector<fleet::Call> call{{&node, redis::node_view_requests()}};
        const fleet::Outcome outcome = std::move(context_.ask_further(call).front());
        TRY(outcome.replies);
        TRY_ASSIGN(const redis::NodeView view, redis::parse_node_view(*outcome.replies));
        if (view.replid != manifest_.replid || !view.master_offset)
            return fail(Error{ErrorCode::conflict, fmt::format("{} is not at any place of this history", node.name),
                              "another node became the master meanwhile, or it holds other data", "run it again",
                              "OTHER_HISTORY"});
        return *view.master_offset;
    }

    Error too_early(Error error, const IncrFile& incr) {
        manifest_.aof->ended = error.code == ErrorCode::interrupted ? "interrupted" : "broken";
        const std::string now = what_became_of(context_, error, source_);
        if (!now.empty()) error.cause += (error.cause.empty() ? "" : "; ") + now;
        if (was_too_slow(error)) error.cause += "; " + too_slow();
        error.message = fmt::format("the AOF of {} ends early: {}", source_.node->name, error.message);
        error.cause += fmt::format("{}what was written is whole, up to offset {}", error.cause.empty() ? "" : "; ",
                                   incr.offset());
        if (error.reason.empty()) error.reason = "AOF_ENDS_EARLY";
        error.hint = "run it again";
        return error;
    }

    bool was_too_slow(const Error& error) {
        if (error.code != ErrorCode::unreachable || !hung_up_before_) return false;
        const std::optional<int64_t> now = hung_up_on(context_, *source_.node);
        return now && *now > *hung_up_before_;
    }

    static std::string too_slow() {
        return "it hung up on a client that read too slowly: its client-output-buffer-limit for replicas is too small "
               "for this line";
    }

    void add_part(std::string_view name, const char* file, uint64_t bytes, std::string sha256) {
        manifest_.parts.push_back({std::string(backup::aof_kind), std::string(name),
                                   backup::aof_folder_name(manifest_) + "/" + file, bytes, std::move(sha256), false});
    }

    Result<void> write_list(const backup::NewFolder& folder) {
        const std::string text =
            fmt::format("file {} seq 1 type b\nfile {} seq 1 type i\n", base_name, incr_name);
        TRY_ASSIGN(NewFile list, NewFile::create(folder.unfinished(), list_name));
        TRY(list.write(text));
        TRY(list.sync());
        TRY(list.keep());
        backup::Sha256 sha256;
        sha256.add(text);
        add_part("manifest", list_name, text.size(), sha256.hex());
        return {};
    }

    Context& context_;
    const fleet::Instance& instance_;
    const topology::Picture& picture_;
    const BackupSource& source_;
    const std::optional<Millis> lasting_;
    Manifest& manifest_;
    const std::optional<int64_t> hung_up_before_;
    std::optional<Error> broke_;
};

}  // namespace

Result<std::optional<Error>> add_aof(Context& context, const fleet::Instance& instance,
                                     const topology::Picture& picture, const BackupSource& source,
                                     const fleet::Waiting& waiting, std::optional<Millis> lasting,
                                     backup::NewBackup& into) {
    note_of_source(context, instance, source);
    TRY_ASSIGN(backup::NewFolder folder,
               backup::NewFolder::create(into.folder(), backup::aof_folder_name(into.manifest())));
    AofSaving saving(context, instance, picture, source, lasting, into.manifest());
    TRY(saving.run(waiting, folder));
    into.take(std::move(folder));
    return saving.broke();
}

}  // namespace redisctl
