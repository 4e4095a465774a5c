#include "base/interrupt.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/config_owner.h"
#include "commands/info_fields.h"
#include "commands/input_text.h"
#include "commands/look.h"
#include "commands/parameters.h"
#include "commands/setting_change.h"
#include "redis/sensitive.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::vector<std::string> parameter, value;
    std::string value_file;
    bool value_stdin = false, rewrite = false, dry_run = false, yes = false;
};

struct SetNode : SettingChange {
    std::optional<bool> rewritten = {};
};

class ConfigSet {
  public:
    ConfigSet(Context& context, const Options& options) : context_(context), options_(options) {}

    Result<ExitCode> run() {
        TRY(read_arguments());
        // Connections stay open: what is set may be the password.
        context_.begin_operation("config-set");
        TRY_ASSIGN(seen_, look_at_one(context_, "a setting is of one"));
        TRY(find_nodes());
        TRY_ASSIGN(notes_, lasting_of(context_, seen_, {parameter_}, options_.rewrite));
        if (parameter_ == "requirepass")
            notes_.emplace_back("whoever logs in from now on needs it: clients, replicas (masterauth), Sentinels "
                                "(auth-pass) and redisctl itself");
        if (!json()) TRY(context_.output().write(plan_text()));
        if (options_.dry_run) {
            TRY(print("planned"));
            return ExitCode::ok;
        }
        if (!options_.yes) TRY(agree_to_set(context_, plan_text(), "Set it?"));
        // From the first node on it goes on to its end, or back.
        const interrupt::Patience until_settled(2);
        if (!set_all()) {
            const bool back = undo();
            TRY(print(back ? "rolled-back" : "incomplete"));
            return back ? ExitCode::rolled_back : ExitCode::incomplete;
        }
        if (options_.rewrite) rewrite();
        const bool whole = std::ranges::none_of(nodes_, [](const SetNode& node) { return node.error.has_value(); });
        TRY(print("done"));
        return whole ? ExitCode::ok : ExitCode::incomplete;
    }

  private:
    bool json() const { return output::is_document(context_.output().settings().format); }
    const topology::Picture& picture() const { return seen_.pictures.front(); }
    std::string shown(const std::string& value) const { return shown_value(parameter_, value); }

    Result<void> read_arguments() {
        parameter_ = lower(options_.parameter.front());
        if (parameter_.find_first_of("*?[") != std::string::npos)
            return fail(ErrorCode::usage, fmt::format("'{}' is a pattern", printable(parameter_)),
                        "one parameter is set at a time", "redisctl config get 'PATTERN' names them");
        const int ways = !options_.value.empty() + options_.value_stdin + !options_.value_file.empty();
        if (ways != 1)
            return fail(ErrorCode::usage, ways == 0 ? "no value is given" : "the value is given more than once",
                        "it is the second argument, or comes by --value-stdin or --value-file",
                        "redisctl config set maxmemory 512mb");
        if (!options_.value.empty() && redis::is_secret_parameter(parameter_))
            return fail(ErrorCode::usage, fmt::format("the value of {} is a secret", parameter_),
                        "every process of this machine sees the arguments of others",
                        fmt::format("redisctl config set {} --value-stdin", parameter_));
        if (!options_.value.empty()) {
            value_ = options_.value.front();
            return {};
        }
        if (options_.value_stdin && (context_.globals().redis.from_stdin || context_.globals().sentinel.from_stdin))
            return fail(ErrorCode::usage, "stdin is wanted for the value and for a password", {}, "--value-file FILE");
        TRY_ASSIGN(std::string text, options_.value_stdin ? text_of_stdin() : text_of_file(options_.value_file));
        value_ = without_line_end(std::move(text));
        return {};
    }

    Result<void> find_nodes() {
        TRY_ASSIGN(const auto nodes, nodes_to_set(context_, seen_, [](const std::string&) { return true; }));
        for (const auto& [node, role] : nodes) nodes_.push_back({{node, role, parameter_, value_, {}}});
        if (nodes_.empty()) return fail(ErrorCode::not_found, "there is no Redis to be set", {}, "redisctl pods");
        std::vector<fleet::Call> calls;
        for (const SetNode& node : nodes_) calls.push_back({node.node, {{"CONFIG", "GET", parameter_}}});
        const std::vector<fleet::Outcome> outcomes = context_.ask_further(calls);
        for (size_t i = 0; i < nodes_.size(); i++) {
            TRY(outcomes[i].replies);
            TRY_ASSIGN(nodes_[i].before, setting_of(outcomes[i].replies->front(), parameter_));
        }
        return {};
    }

    std::string plan_text() const {
        std::string text = fmt::format("{}: {} = {}\n", printable(picture().full_name()), printable(parameter_),
                                       printable(shown(value_)));
        for (const SetNode& node : nodes_)
            text += fmt::format("  {} ({})  {} -> {}\n", printable(node.node->name), redis::role_name(node.role),
                                node.before.empty() ? "(empty)" : printable(shown(node.before)),
                                value_.empty() ? "(empty)" : printable(shown(value_)));
        for (const std::string& note : notes_) text += "  " + printable(note) + '\n';
        return text;
    }

    // One after the other, and not beyond the first that fails.
    bool set_all() {
        return std::ranges::all_of(nodes_, [&](SetNode& node) { return apply(context_, node); });
    }

    bool undo() {
        bool all = true;
        for (SetNode& node : nodes_)
            if (node.set) all = take_back(context_, node) && all;
        return all;
    }

    void rewrite() {
        for (SetNode& node : nodes_) {
            const Result<void> written = rewrite_file(context_, *node.node);
            node.rewritten = written.has_value();
            if (!written) node.error = written.error();
        }
    }

    Result<void> print(std::string_view outcome) {
        output::Document document("ConfigChange", context_.kube_context());
        Json item{{"instance", picture().name}, {"namespace", text_or_null(picture().ns)}};
        item["parameter"] = parameter_;
        item["value"] = shown(value_);
        item["outcome"] = outcome;
        item["notes"] = notes_;
        item["nodes"] = Json::array();
        output::Table table{picture().full_name(), {{"NODE"}, {"ROLE"}, {"BEFORE"}, {"NOW"}, {"REWRITTEN"}}, {}};
        for (const SetNode& node : nodes_) {
            const std::optional<Error>& error = node.error;
            Json json{{"name", node.node->name}, {"role", redis::role_name(node.role)}};
            json["before"] = shown(node.before);
            json["after"] = node.after ? Json(shown(*node.after)) : Json(nullptr);
            json["rewritten"] = value_or_null(node.rewritten);
            json["error"] = error ? output::to_json(output::ErrorItem{"", node.node->name, *error}) : Json(nullptr);
            item["nodes"].push_back(std::move(json));
            if (error) document.add_error({picture().full_name(), node.node->name, *error});
            const output::Tone tone = node.error ? output::Tone::bad : output::Tone::plain;
            table.rows.push_back({node.node->name, role_word(node.role), shown(node.before),
                                  node.after ? output::Cell(shown(*node.after), tone) : output::Cell(),
                                  node.rewritten ? output::Cell(*node.rewritten ? "yes" : "no") : output::Cell()});
            document.add_name(node.node->name);
        }
        document.add_item(std::move(item));
        if (outcome != "planned") document.add_table(std::move(table));
        TRY(context_.output().print(document));
        if (outcome == "rolled-back" && !json())
            context_.output().note("rolled back: every node has its old value again");
        return {};
    }

    Context& context_;
    const Options& options_;
    std::string parameter_, value_;
    Look seen_;
    std::vector<SetNode> nodes_;
    std::vector<std::string> notes_;  // how long it will last, and what else is to be known
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--value-stdin", "", "Read the value from stdin; a password's only way but --value-file",
         &options->value_stdin},
        {"--value-file", "FILE", "Read the value from a file", &options->value_file, {}, "file"},
        {"--rewrite", "", "Write it into the server's own configuration file too (CONFIG REWRITE)", &options->rewrite},
        {"--dry-run", "", "Show the values now and then, and set nothing", &options->dry_run},
        {"-y,--yes", "", "Do not ask", &options->yes}};
    spec.positionals = {{"PARAMETER", "The parameter, as CONFIG GET names it", &options->parameter, true, false, ""},
                        {"VALUE", "Its new value", &options->value, false, false, ""}};
    spec.examples = {"redisctl config set maxmemory-policy allkeys-lru --dry-run",
                     "redisctl config set slowlog-log-slower-than 5000 --node redis-0 --yes",
                     "redisctl config set masterauth --value-stdin --rewrite"};
    spec.run = [options](Context& context) { return ConfigSet(context, *options).run(); };
}

}  // namespace

extern const Command config_set_command{"config set",
                                        Group::change,
                                        "Set a parameter of every node, or of none, and say how long that lasts",
                                        Uses::target,
                                        {},
                                        bind,
                                        "ConfigChange"};

}  // namespace redisctl
