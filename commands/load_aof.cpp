#include "commands/load_aof.h"

#include "backup/new_file.h"
#include "base/text.h"
#include "commands/backup_receive.h"
#include "commands/loading_server.h"
#include "commands/look.h"
#include "redis/info_fields.h"

#include <fmt/core.h>

#include <optional>

namespace redisctl {

namespace {

constexpr const char* rdb_name = "loaded.rdb";
constexpr Millis between_looks{100}, answered_in{2'000};
constexpr int ports_tried = 5;

Globals way_to(const LoadingServer& server) {
    Globals globals;
    globals.hosts = {{"127.0.0.1", server.port()}};
    globals.redis.file = server.password_file();
    return globals;
}

class Loading {
  public:
    Loading(Context& context, const AofLoading& how) : context_(context), how_(how) {}

    Result<backup::Manifest> run() {
        const Deadline until = Deadline::after(how_.load_wait);
        for (int tried = 1;; tried++) {
            TRY_ASSIGN(LoadingServer server, LoadingServer::start(how_.program, how_.folder, how_.truncated));
            Context ours(how_.program.product, way_to(server), context_.output(), context_.environment());
            ours.begin_operation("restore-aof");
            Result<backup::Manifest> received = receive(ours, server, until);
            context_.output().progress({});
            if (received || !server.ended() || received.error().code == ErrorCode::interrupted) return received;
            // Nobody hears of a line that broke, but why.
            if (tried < ports_tried && server.found_port_taken()) continue;
            return fail(server.why_it_ended());
        }
    }

  private:
    Result<backup::Manifest> receive(Context& ours, LoadingServer& server, Deadline until) {
        TRY_ASSIGN(const fleet::Found found, ours.find());
        const fleet::Node& node = found.inventory.instances.front().nodes.front();
        TRY(loaded(ours, node, server, until));
        TRY_ASSIGN(const Look seen, look_at_one(ours, "it is one"));
        const BackupSource source{&seen.found.inventory.instances.front().nodes.front(),
                                  &seen.pictures.front().nodes.front(), "it has loaded the AOF"};
        if (!source.picture->view)
            return fail(source.picture->error.value_or(
                Error{ErrorCode::unreachable, fmt::format("{} does not answer", how_.program.path), {}, {}, {}}));
        backup::Manifest manifest;
        TRY_ASSIGN(backup::NewFile file, backup::NewFile::create(how_.folder, rdb_name));
        fleet::Snapshot snapshot = ours.fleet().snapshot(*source.node, {Deadline::never(), Millis(60'000)});
        TRY(receive_rdb(ours, source, snapshot, fleet::SnapshotOf::rdb, file, manifest));
        TRY(file.keep());
        manifest.file = rdb_name;
        return manifest;
    }

    // Until it says that it has loaded all. Before it listens, and while one command takes long, it does not answer.
    Result<void> loaded(Context& ours, const fleet::Node& node, LoadingServer& server, Deadline until) {
        const std::vector<fleet::Call> call{{&node, {{"INFO", "server"}, {"INFO", "persistence"}}}};
        while (!server.ended()) {
            const Deadline deadline = Deadline::after(answered_in).earlier(until);
            const fleet::Outcome outcome = std::move(ours.fleet().exec(call, deadline).front());
            if (outcome.replies) {
                TRY_ASSIGN(const redis::InfoFields about, redis::read_info(outcome.replies->at(0), "server"));
                if (redis::count_of(about, "process_id") != server.process()) return fail(other_process());
                TRY_ASSIGN(const redis::InfoFields state, redis::read_info(outcome.replies->at(1), "persistence"));
                if (redis::flag_of(state, "loading") == false) return {};
                show(state);
            } else if (outcome.replies.error().code == ErrorCode::interrupted) {
                return fail(outcome.replies.error());
            }
            if (until.passed()) return fail(too_late());
            TRY(ours.loop().pause(Deadline::after(between_looks)));
        }
        return fail(server.why_it_ended());
    }

    void show(const redis::InfoFields& state) {
        context_.output().progress(fmt::format("{} loads the AOF: {} of {} bytes, {}%", how_.program.full_name(),
                                               redis::text_of(state, "loading_loaded_bytes"),
                                               redis::text_of(state, "loading_total_bytes"),
                                               redis::text_of(state, "loading_loaded_perc")));
    }

    Error other_process() const {
        return {ErrorCode::refused, fmt::format("{} does not become the server", printable(how_.program.path)),
                "the one that answers is another process, which would not end with ours",
                "a script that starts it has to end in: exec redis-server \"$@\"", "OTHER_PROCESS"};
    }

    Error too_late() const {
        return {ErrorCode::refused, fmt::format("{} has not loaded the AOF in time", how_.program.full_name()),
                fmt::format("it has taken more than {} s", how_.load_wait.count() / 1000), "--load-wait DURATION",
                "NOT_LOADED_IN_TIME"};
    }

    Context& context_;
    const AofLoading& how_;
};

}  // namespace

Result<backup::Named> load_aof(Context& context, const backup::AofSet& set, const AofLoading& loading) {
    context.output().progress(fmt::format("{} loads the AOF", loading.program.full_name()));
    TRY_ASSIGN(backup::Manifest manifest, Loading(context, loading).run());
    const std::string path = loading.folder + "/" + rdb_name;
    if (!set.manifest) return backup::Named{path, {}};
    const backup::Manifest& of_set = *set.manifest;
    manifest.id = of_set.id;
    manifest.context = of_set.context;
    manifest.ns = of_set.ns;
    manifest.instance = of_set.instance;
    manifest.time = of_set.aof ? of_set.aof->time : of_set.time;
    return backup::Named{path, std::move(manifest)};
}

}  // namespace redisctl
