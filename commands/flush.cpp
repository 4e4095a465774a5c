#include "base/interrupt.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/consent.h"
#include "commands/info_fields.h"
#include "commands/look.h"
#include "commands/number_flag.h"
#include "redis/command_facts.h"
#include "redis/reply_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using Databases = std::map<std::string, int64_t>;

// Of all keys of a large database; the server answers when they are gone.
constexpr Millis flush_in{300'000};
constexpr Millis replicas_follow_in{30'000}, look_again{100};

struct Options {
    std::string database, confirm;
    bool all = false, async = false, dry_run = false;
};

// What a node holds, and how far it is.
struct Holds {
    Databases keys;
    std::optional<int64_t> offset;  // a master's own, of a replica what it has applied
    std::optional<bool> link_up;
    std::optional<int64_t> clients;
};

struct FlushedNode {
    const fleet::Node* node;
    redis::Role role;
    Result<Holds> before, after = Result<Holds>(Holds{});
    std::optional<bool> followed = {};  // of a replica: it has applied the flush; nullopt: unknown
};

std::vector<redis::Request> questions() {
    return info_requests({"keyspace", "clients"});
}

Result<Holds> read(const Result<std::vector<redis::Value>>& replies) {
    TRY_ASSIGN(const redis::InfoFields info, info_of(replies, {"keyspace", "clients"}));
    TRY_ASSIGN(const redis::InfoFields keyspace, redis::read_info(replies->at(1), "keyspace"));
    Holds holds;
    holds.keys = redis::keys_by_database(keyspace);
    const bool master = role_of(info) == redis::Role::master;
    holds.offset = redis::count_of(info, master ? "master_repl_offset" : "slave_repl_offset");
    if (!master) holds.link_up = redis::text_of(info, "master_link_status") == "up";
    holds.clients = redis::count_of(info, "connected_clients");
    return holds;
}

std::string keys_text(const Databases& databases) {
    std::vector<std::string> parts;
    for (const auto& [name, keys] : databases)
        parts.push_back(fmt::format("{} key{} in {}", keys, keys == 1 ? "" : "s", name));
    return parts.empty() ? "no keys" : fmt::format("{}", fmt::join(parts, ", "));
}

class Flush {
  public:
    Flush(Context& context, const Options& options) : context_(context), options_(options) {}

    Result<ExitCode> run() {
        TRY(check_flags());
        context_.begin_operation("flush");
        TRY_ASSIGN(seen_, look_at_one(context_, "a flush is of one"));
        TRY(find_nodes());
        TRY(look_at_keys());
        TRY(see_that_it_can());
        if (!json()) TRY(context_.output().write(plan_text()));
        if (options_.dry_run) return print(false);
        TRY(consent());
        // What was sent is waited for, in spite of Ctrl-C.
        const interrupt::Patience until_flushed(2);
        TRY(flush());
        if (!unknown_) verify();
        return print(true);
    }

  private:
    bool json() const { return output::is_document(context_.output().settings().format); }
    const topology::Picture& picture() const { return seen_.pictures.front(); }

    Result<void> check_flags() {
        if (options_.all == !options_.database.empty())
            return fail(ErrorCode::usage,
                        options_.all ? "--all and --db exclude each other" : "neither --db nor --all is given",
                        "one database is flushed, or all of them", "redisctl flush --db 0");
        TRY_ASSIGN(database_, database_flag("--db", options_.database));
        command_ = {options_.all ? "FLUSHALL" : "FLUSHDB"};
        if (options_.async) command_.emplace_back("ASYNC");
        return {};
    }

    Result<void> find_nodes() {
        if (picture().master.empty())
            return fail(Error{ErrorCode::refused, fmt::format("{} has no agreed master", picture().full_name()),
                              "a flush goes to the master alone, and its replicas follow", "redisctl master-info",
                              "NO_MASTER"});
        for (const fleet::Node& node : seen_.found.inventory.instances.front().nodes) {
            const auto known = std::ranges::find(picture().nodes, node.name, &topology::NodePicture::name);
            const bool answered = known != picture().nodes.end() && known->view;
            nodes_.push_back({&node, answered ? known->view->role : redis::Role::unknown, Holds{}});
            if (node.name == picture().master) std::swap(nodes_.front(), nodes_.back());
        }
        if (nodes_.empty() || nodes_.front().node->name != picture().master)
            return fail(Error{ErrorCode::refused, fmt::format("{} cannot be asked", picture().master),
                              "it is the master, and none of the nodes that were found", "redisctl pods", "NO_MASTER"});
        return {};
    }

    Result<void> look_at_keys() {
        const std::vector<fleet::Outcome> outcomes = ask_all();
        for (size_t i = 0; i < nodes_.size(); i++) nodes_[i].before = read(outcomes[i].replies);
        TRY(nodes_.front().before);
        return {};
    }

    std::vector<fleet::Outcome> ask_all() {
        std::vector<fleet::Call> calls;
        for (const FlushedNode& node : nodes_) calls.push_back({node.node, questions()});
        return context_.ask_further(calls);
    }

    // Bitnami's charts disable the command; then the server does not even know its name.
    Result<void> see_that_it_can() {
        const fleet::Call call{nodes_.front().node, {redis::command_info_request(command_)}};
        const std::vector<fleet::Outcome> outcomes = context_.ask_further({&call, 1});
        TRY(outcomes.front().replies);
        const redis::Value& reply = outcomes.front().replies->front();
        const bool unknown = !reply.is_error() && reply.elements.size() == 1 && !redis::is_known(reply.elements.front());
        if (!unknown) return {};
        return fail(
            Error{ErrorCode::refused, fmt::format("{} does not know {}", picture().master, command_.front()),
                  "rename-command has disabled or renamed it, as Bitnami's charts do (disableCommands)",
                  "allow it by a configuration without that line (Bitnami: --set 'master.disableCommands=null' "
                  "--set 'replica.disableCommands=null') and a restart, or delete keys: redisctl keys 'PATTERN' "
                  "-o name, redisctl exec -- UNLINK KEY…",
                  "COMMAND_DISABLED"});
    }

    Databases hit() const {
        const Databases& keys = nodes_.front().before->keys;
        if (options_.all) return keys;
        const std::string name = fmt::format("db{}", database_.value_or(0));
        const auto found = keys.find(name);
        return found == keys.end() ? Databases{} : Databases{*found};
    }

    std::string plan_text() const {
        std::vector<std::string> replicas;
        for (size_t i = 1; i < nodes_.size(); i++) replicas.push_back(printable(nodes_[i].node->name));
        std::string text = fmt::format("{} on {}, the master of {}\n", fmt::join(command_, " "),
                                       printable(picture().master), printable(picture().full_name()));
        text += fmt::format("  deletes   {}{}\n", keys_text(hit()),
                            options_.all ? ", in all databases" : fmt::format(" (only db{})", *database_));
        text += fmt::format("  also on   {}\n",
                            replicas.empty() ? "no replica" : fmt::format("{}", fmt::join(replicas, ", ")));
        if (const auto clients = nodes_.front().before->clients)
            text += fmt::format("  clients   {} are connected to the master\n", *clients);
        return text + "  undo      none: redisctl backup rdb saves all of it first\n";
    }

    Result<void> consent() const {
        return ask_for_name(picture().name, options_.confirm, json() ? plan_text() : std::string());
    }

    // The role once more in the same write: a node that was demoted meanwhile would refuse the flush by itself.
    Result<void> flush() {
        std::vector<redis::Request> requests{{"ROLE"}};
        if (database_) requests.push_back({"SELECT", std::to_string(*database_)});
        requests.push_back(command_);
        requests.push_back({"INFO", "replication"});
        const fleet::Call call{nodes_.front().node, requests};
        const std::vector<fleet::Outcome> outcomes = context_.fleet().exec({&call, 1}, Deadline::after(flush_in));
        if (!outcomes.front().replies) {
            if (!outcomes.front().sent) return fail(outcomes.front().replies.error());
            unknown_ = outcomes.front().replies.error();
            return {};
        }
        const std::vector<redis::Value>& replies = *outcomes.front().replies;
        for (size_t i = 1; i + 1 < replies.size(); i++)
            if (replies[i].is_error()) {
                Error error = redis::reply_error(replies[i], requests[i].front());
                if (error.code == ErrorCode::server) error.code = ErrorCode::refused;
                return fail(std::move(error));
            }
        if (const auto info = redis::read_info(replies.back(), "replication"))
            flushed_at_ = redis::count_of(*info, "master_repl_offset");
        return {};
    }

    // A replica is through when it has applied all that the master had written behind the flush: keys that are there
    // then were written since.
    void verify() {
        const Deadline end = Deadline::after(replicas_follow_in);
        for (;;) {
            const std::vector<fleet::Outcome> outcomes = ask_all();
            bool all = true;
            for (size_t i = 0; i < nodes_.size(); i++) {
                FlushedNode& node = nodes_[i];
                node.after = read(outcomes[i].replies);
                if (i == 0) continue;
                node.followed.reset();
                if (node.after && node.after->offset && flushed_at_)
                    node.followed = node.after->link_up.value_or(false) && *node.after->offset >= *flushed_at_;
                all = all && (!node.after || node.followed.value_or(false));
            }
            if (all || end.passed() || !context_.loop().pause(Deadline::after(look_again))) return;
        }
    }

    Json node_json(const FlushedNode& node, bool done, std::optional<Error>& error) const {
        const auto keys = [](const Result<Holds>& holds) { return holds ? Json(holds->keys) : Json(nullptr); };
        if (!node.before) error = node.before.error();
        const bool master = &node == &nodes_.front();
        if (done && unknown_ && master)
            error = Error{unknown_->code, fmt::format("nobody knows whether {} flushed", node.node->name),
                          fmt::format("the connection broke behind the command: {}", unknown_->message),
                          "redisctl dbsize", "UNKNOWN_OUTCOME"};
        if (done && unknown_ && !error) error = *unknown_;
        if (done && !error && !node.after) error = node.after.error();
        if (done && !error && !master && !node.followed.value_or(false))
            error = Error{ErrorCode::timeout, fmt::format("{} has not flushed yet", node.node->name),
                          node.after->link_up.value_or(false) ? "it has not applied all that the master wrote"
                                                              : "its link to the master is down",
                          "redisctl replica-lag", "NOT_FOLLOWED"};
        Json json{{"name", node.node->name}, {"role", redis::role_name(node.role)}};
        json["keysBefore"] = keys(node.before);
        json["keysAfter"] = done && !unknown_ ? keys(node.after) : Json(nullptr);
        json["error"] = error ? output::to_json(output::ErrorItem{"", node.node->name, *error}) : Json(nullptr);
        return json;
    }

    Result<ExitCode> print(bool done) {
        output::Document document("Flush", context_.kube_context());
        Json item{{"instance", picture().name}, {"namespace", text_or_null(picture().ns)}};
        item["master"] = picture().master;
        item["command"] = fmt::format("{}", fmt::join(command_, " "));
        item["database"] = value_or_null(database_);
        item["done"] = unknown_ ? Json(nullptr) : Json(done);
        item["nodes"] = Json::array();
        output::Table table{picture().full_name(), {{"NODE"}, {"ROLE"}, {"BEFORE"}, {"AFTER"}}, {}};
        Answered answered;
        for (const FlushedNode& node : nodes_) {
            std::optional<Error> error;
            item["nodes"].push_back(node_json(node, done, error));
            answered.count(error);
            if (error) document.add_error({picture().full_name(), node.node->name, *error});
            table.rows.push_back(
                {node.node->name, role_word(node.role),
                 node.before ? output::Cell(keys_text(node.before->keys)) : output::Cell(),
                 done && !unknown_ && node.after ? output::Cell(keys_text(node.after->keys)) : output::Cell()});
            document.add_name(node.node->name);
        }
        document.add_item(std::move(item));
        if (done) document.add_table(std::move(table));
        TRY(context_.output().print(document));
        if (!done) return ExitCode::ok;
        if (!json() && !unknown_ && nodes_.front().after && count_of_all(*nodes_.front().after) > 0)
            context_.output().note("the keys that are there now were written since, or stand in other databases");
        return answered.no == 0 ? ExitCode::ok : ExitCode::incomplete;
    }

    static int64_t count_of_all(const Holds& holds) {
        int64_t sum = 0;
        for (const auto& [name, keys] : holds.keys) sum += keys;
        return sum;
    }

    Context& context_;
    const Options& options_;
    std::optional<int64_t> database_;  // nullopt: all
    redis::Request command_;
    Look seen_;
    std::vector<FlushedNode> nodes_;     // the master first
    std::optional<int64_t> flushed_at_;  // the master's offset behind the flush
    std::optional<Error> unknown_;       // why nobody knows whether it was done
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--db", "N", "Delete all keys of this database", &options->database},
        {"--all", "", "Delete all keys of all databases", &options->all},
        {"--async", "", "The server frees their memory behind it, so that clients do not wait", &options->async},
        {"--dry-run", "", "Show what would be deleted, and delete nothing", &options->dry_run},
        {"--confirm", "NAME", "The instance's name: stands for typing it", &options->confirm, {}, "instance"}};
    spec.examples = {"redisctl flush --db 0 --dry-run", "redisctl flush --all --async",
                     "redisctl flush --db 3 --confirm redis --json"};
    spec.run = [options](Context& context) { return Flush(context, *options).run(); };
}

}  // namespace

extern const Command flush_command{
    "flush",
    Group::change,
    "Delete all keys of a database, or of all, on the master and see the replicas follow",
    Uses::target,
    {"flushall", "flushdb"},
    bind,
    "Flush"};

}  // namespace redisctl
