#include "commands/restore_config.h"

#include "backup/find.h"
#include "base/interrupt.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/backup_part.h"
#include "commands/command.h"
#include "commands/config_owner.h"
#include "commands/info_fields.h"
#include "commands/look.h"
#include "commands/parameters.h"
#include "commands/setting_change.h"
#include "redis/directives.h"
#include "redis/sensitive.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

// Where a server listens and keeps its files, whom it follows and what it is called: that is of the node as it is now.
constexpr std::array<std::string_view, 25> kOfTheNode{"aclfile",
                                                      "appenddirname",
                                                      "appendfilename",
                                                      "bind",
                                                      "bind-source-addr",
                                                      "cluster-announce-bus-port",
                                                      "cluster-announce-hostname",
                                                      "cluster-announce-ip",
                                                      "cluster-announce-port",
                                                      "cluster-announce-tls-port",
                                                      "dbfilename",
                                                      "dir",
                                                      "logfile",
                                                      "pidfile",
                                                      "port",
                                                      "replica-announce-ip",
                                                      "replica-announce-port",
                                                      "replicaof",
                                                      "slaveof",
                                                      "tls-ca-cert-dir",
                                                      "tls-ca-cert-file",
                                                      "tls-cert-file",
                                                      "tls-key-file",
                                                      "tls-port",
                                                      "user"};

// To watch another address a Sentinel has to forget what it does not tell: auth-pass, renamed commands.
constexpr const char* kSentinelsStay =
    "the Sentinels' settings are in the backup too, and stay as they are: redisctl sentinel sync makes them agree with "
    "the majority, redisctl backup show prints what was saved";

class RestoreConfig {
  public:
    RestoreConfig(Context& context, const RestoreConfigOptions& options) : context_(context), options_(options) {}

    Result<SettingsRestored> run() {
        for (const std::string& name : options_.parameters) wanted_.insert(lower(name));
        context_.begin_operation("restore-config");
        TRY_ASSIGN(seen_, look_at_one(context_, "settings are restored to one"));
        TRY(read_backup());
        TRY(compare());
        if (of_sentinels_) notes_.push_back(kSentinelsStay);
        if (changes_.empty()) {
            TRY(print("noop"));
            if (!json() && !options_.shown) {
                context_.output().note("nothing differs");
                for (const std::string& note : notes_) context_.output().note(note);
            }
            return SettingsRestored{};
        }
        TRY_ASSIGN(const std::vector<std::string> lasting,
                   lasting_of(context_, seen_, names_of_changes(), options_.rewrite));
        notes_.insert(notes_.end(), lasting.begin(), lasting.end());
        if (!json() && !options_.shown) TRY(context_.output().write(plan_text()));
        if (options_.dry_run) {
            TRY(print("planned"));
            return SettingsRestored{};
        }
        if (!options_.yes) TRY(agree_to_set(context_, plan_text(), "Set them?"));
        // From the first one on it goes on to its end, or back.
        const interrupt::Patience until_settled(2);
        if (!set_all()) {
            const bool back = undo();
            TRY(print(back ? "rolled-back" : "incomplete"));
            if (back && !json()) context_.output().note("rolled back: every node has its old values again");
            return SettingsRestored{back ? ExitCode::rolled_back : ExitCode::incomplete};
        }
        if (options_.rewrite) rewrite();
        // What failed for another reason has ended it above.
        const bool failed =
            std::ranges::any_of(changes_, [](const SettingChange& one) { return one.error.has_value(); });
        const bool whole = !failed && not_rewritten_.empty();
        TRY(print(whole ? "done" : "incomplete"));
        return SettingsRestored{whole ? ExitCode::ok : ExitCode::incomplete, failed && not_rewritten_.empty()};
    }

  private:
    bool json() const { return output::is_document(context_.output().settings().format); }
    const topology::Picture& picture() const { return seen_.pictures.front(); }

    // The settings of this instance's nodes; of a run of several instances the others are passed over.
    Result<void> read_backup() {
        TRY_ASSIGN(const std::vector<backup::Named> named,
                   backup::find_backups(options_.backup.front(), options_.dir.empty() ? "." : options_.dir));
        for (const backup::Named& one : named) {
            if (!one.manifest || (named.size() > 1 && one.manifest->full_name() != picture().full_name())) continue;
            for (const backup::Part& part : one.manifest->parts) {
                of_sentinels_ = of_sentinels_ || part.kind == "sentinel";
                if (part.kind != "config") continue;
                TRY_ASSIGN(const std::string text, text_of_part(one.folder(), part, options_.passphrase_file));
                saved_[part.name] = redis::directives_of_file(text);
                time_ = one.manifest->time;
            }
        }
        if (!saved_.empty()) return {};
        return fail(ErrorCode::not_found,
                    fmt::format("the backup {} has no settings of {}", printable(options_.backup.front()),
                                printable(picture().full_name())),
                    {}, "redisctl backup list");
    }

    Result<void> compare() {
        std::string without;
        const auto is_saved = [&](const std::string& name) {
            if (saved_.contains(name)) return true;
            without += (without.empty() ? "" : ", ") + name;
            return false;
        };
        TRY_ASSIGN(const auto nodes, nodes_to_set(context_, seen_, is_saved));
        if (nodes.empty()) {
            std::string has;
            for (const auto& [name, directives] : saved_) has += (has.empty() ? "" : ", ") + name;
            return fail(ErrorCode::not_found, "the backup has no settings of these nodes", "it has those of " + has);
        }
        if (!without.empty()) context_.output().note(fmt::format("not in the backup: {}", printable(without)));
        std::vector<fleet::Call> calls;
        for (const auto& [node, role] : nodes) calls.push_back({node, {{"CONFIG", "GET", "*"}}});
        const std::vector<fleet::Outcome> outcomes = context_.ask_further(calls);
        for (size_t i = 0; i < nodes.size(); i++) {
            TRY(outcomes[i].replies);
            TRY_ASSIGN(const Parameters now, redis::read_pairs(outcomes[i].replies->front(), "CONFIG"));
            add_differences(*nodes[i].node, nodes[i].role, now);
        }
        for (const std::string& name : wanted_)
            if (!seen_names_.contains(name))
                return fail(ErrorCode::not_found, fmt::format("the backup does not say {}", printable(name)),
                            redis::is_secret_parameter(name) ? "passwords are in it only with --with-secrets" : "",
                            "redisctl backup show ID NODE");
        return {};
    }

    void add_differences(const fleet::Node& node, redis::Role role, const Parameters& now) {
        for (const auto& [name, value] : saved_[node.name]) {
            seen_names_.insert(name);
            if (!wanted_.empty() && !wanted_.contains(name)) continue;
            const auto running = now.find(name);
            if (running == now.end() || redis::runs_with(name, running->second, value) == true) continue;
            // Named, it is meant.
            const bool left =
                std::ranges::find(kOfTheNode, name) != kOfTheNode.end() || redis::is_secret_parameter(name);
            if (left && wanted_.empty())
                left_alone_.insert(name);
            else
                changes_.push_back({&node, role, name, value, running->second});
        }
    }

    std::vector<std::string> names_of_changes() const {
        std::set<std::string> names;
        for (const SettingChange& change : changes_) names.insert(change.parameter);
        return {names.begin(), names.end()};
    }

    std::string plan_text() const {
        std::string text = fmt::format("{}: back to {}, of {}\n", printable(picture().full_name()),
                                       printable(options_.backup.front()), printable(time_));
        for (const SettingChange& change : changes_)
            text += fmt::format("  {} ({})  {}  {} -> {}\n", printable(change.node->name),
                                redis::role_name(change.role), printable(change.parameter),
                                shown(change, change.before), shown(change, change.value));
        if (!left_alone_.empty())
            text += fmt::format("  differs and stays, unless it is named: {}\n", fmt::join(left_alone_, ", "));
        for (const std::string& note : notes_) text += "  " + printable(note) + '\n';
        return text;
    }

    static std::string shown(const SettingChange& change, const std::string& value) {
        return value.empty() ? "(empty)" : printable(shown_value(change.parameter, value));
    }

    // What only a start can set is passed over, and named in the end; anything else that fails ends it.
    bool set_all() {
        for (SettingChange& change : changes_)
            if (!apply(context_, change) && !change.only_at_start) return false;
        return true;
    }

    bool undo() {
        bool all = true;
        for (SettingChange& change : changes_)
            if (change.set) all = take_back(context_, change) && all;
        return all;
    }

    void rewrite() {
        std::set<const fleet::Node*> nodes;
        for (const SettingChange& change : changes_)
            if (nodes.insert(change.node).second)
                if (const Result<void> written = rewrite_file(context_, *change.node); !written)
                    not_rewritten_.emplace_back(change.node->name, written.error());
    }

    Result<void> print(std::string_view outcome) {
        output::Document document("ConfigRestore", context_.kube_context());
        Json item{{"instance", picture().name}, {"namespace", text_or_null(picture().ns)}};
        item["backup"] = options_.backup.front();
        item["outcome"] = outcome;
        item["notes"] = notes_;
        item["leftAlone"] = left_alone_;
        item["settings"] = Json::array();
        output::Table table{picture().full_name(), {{"NODE"}, {"PARAMETER"}, {"BEFORE"}, {"NOW"}}, {}};
        for (const SettingChange& change : changes_) {
            const std::string& name = change.parameter;
            Json json{{"node", change.node->name}, {"role", redis::role_name(change.role)}, {"parameter", name}};
            json["before"] = shown_value(name, change.before);
            json["saved"] = shown_value(name, change.value);
            json["after"] = change.after ? Json(shown_value(name, *change.after)) : Json(nullptr);
            item["settings"].push_back(std::move(json));
            if (change.error) document.add_error({picture().full_name(), change.node->name, error_of(change)});
            table.rows.push_back({change.node->name, name, shown_value(name, change.before),
                                  change.after ? output::Cell(shown_value(name, *change.after)) : output::Cell()});
        }
        for (const auto& [node, error] : not_rewritten_) document.add_error({picture().full_name(), node, error});
        document.add_item(std::move(item));
        if (outcome != "planned" && outcome != "noop") document.add_table(std::move(table));
        document.add_name(picture().full_name());
        return context_.output().print(document);
    }

    static Error error_of(const SettingChange& change) {
        if (!change.only_at_start) return *change.error;
        return {ErrorCode::refused, fmt::format("{} takes {} only at its start", change.node->name, change.parameter),
                change.error->message, "set it in the chart's values, the ConfigMap or redis.conf, and restart it",
                "ONLY_AT_START"};
    }

    Context& context_;
    const RestoreConfigOptions& options_;
    std::set<std::string> wanted_, seen_names_, left_alone_;
    Look seen_;
    std::map<std::string, redis::Directives> saved_;  // by node
    std::string time_;
    bool of_sentinels_ = false;  // the backup has settings of Sentinels
    std::vector<SettingChange> changes_;
    std::vector<std::pair<std::string, Error>> not_rewritten_;
    std::vector<std::string> notes_;
};

void bind(Spec& spec) {
    auto options = std::make_shared<RestoreConfigOptions>();
    spec.options = {
        {"--dir", "FOLDER", "Folder in which the backup is looked for; this one by default", &options->dir, {}, "file"},
        {"--passphrase-file", "FILE", "What it was encrypted with", &options->passphrase_file, {}, "file"},
        {"--rewrite", "", "Write them into the servers' own configuration files too (CONFIG REWRITE)",
         &options->rewrite},
        {"--dry-run", "", "Show what differs, and set nothing", &options->dry_run},
        {"-y,--yes", "", "Do not ask", &options->yes}};
    spec.positionals = {
        {"BACKUP", "The id of a backup, or its manifest", &options->backup, true, false, "file"},
        {"PARAMETER", "Only these; all that differ when none is named", &options->parameters, false, true}};
    spec.examples = {"redisctl restore config 20261122T033000Z-1a2b3c4d --dir /var/backups/redis --dry-run",
                     "redisctl restore config 20261122T033000Z-1a2b3c4d maxmemory maxmemory-policy --node redis-0",
                     "redisctl restore config 20261122T033000Z-1a2b3c4d --rewrite --yes --json"};
    spec.run = [options](Context& context) -> Result<ExitCode> {
        TRY_ASSIGN(const SettingsRestored restored, restore_settings(context, *options));
        return restored.exit;
    };
}

}  // namespace

Result<SettingsRestored> restore_settings(Context& context, const RestoreConfigOptions& options) {
    return RestoreConfig(context, options).run();
}

extern const Command restore_config_command{
    "restore config", Group::change, "Set parameters to what a backup says of them, on every node or on none",
    Uses::target,     {},            bind,
    "ConfigRestore"};

}  // namespace redisctl
