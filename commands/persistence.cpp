#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/info_fields.h"
#include "commands/node_names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using output::Tone;

struct Options {
    std::vector<std::string> nodes;
};

// The value of one parameter of CONFIG GET; nullopt where CONFIG is denied or renamed.
std::optional<std::string> parameter(const redis::Value& reply, std::string_view name) {
    const Result<redis::InfoFields> pairs = redis::read_pairs(reply, "CONFIG GET");
    if (!pairs || !pairs->contains(name)) return std::nullopt;
    return redis::text_of(*pairs, name);
}

output::Cell status_cell(const std::string& status, bool running) {
    if (running) return {"running", Tone::warn};
    return {status, status == "ok" || status.empty() ? Tone::plain : Tone::bad};
}

std::optional<Error> fill(const AskedNode& node, Row row) {
    const Result<redis::InfoFields> info = info_of(node.replies, {"persistence"});
    const redis::InfoFields fields = info ? *info : redis::InfoFields{};
    const auto count = [&](std::string_view key) { return redis::count_of(fields, key); };
    const auto flag = [&](std::string_view key) { return redis::flag_of(fields, key); };
    std::optional<int64_t> age;
    std::optional<std::string> schedule;
    if (info) {
        // The server's own clock: ours may differ.
        const redis::Value& time = node.replies->at(2);
        const auto saved = count("rdb_last_save_time");
        if (!time.is_error() && time.elements.size() == 2 && saved)
            if (const auto now = parse_int(time.elements[0].text); now && *now >= *saved) age = *now - *saved;
        schedule = parameter(node.replies->at(3), "save");
    }
    const std::string saved = redis::text_of(fields, "rdb_last_bgsave_status");
    const std::string rewritten = redis::text_of(fields, "aof_last_bgrewrite_status");
    const std::string written = redis::text_of(fields, "aof_last_write_status");
    const redis::Role role = role_of(fields);
    row.json["role"] = redis::role_name(role);
    row.json["loading"] = value_or_null(flag("loading"));
    row.json["rdb"] = {{"schedule", value_or_null(schedule)},
                       {"lastSaveAgeSeconds", value_or_null(age)},
                       {"changesSinceLastSave", value_or_null(count("rdb_changes_since_last_save"))},
                       {"inProgress", value_or_null(flag("rdb_bgsave_in_progress"))},
                       {"lastStatus", text_or_null(saved)},
                       {"lastDurationSeconds", value_or_null(count("rdb_last_bgsave_time_sec"))},
                       {"lastCopyOnWriteBytes", value_or_null(count("rdb_last_cow_size"))}};
    row.json["aof"] = {{"enabled", value_or_null(flag("aof_enabled"))},
                       {"rewriteInProgress", value_or_null(flag("aof_rewrite_in_progress"))},
                       {"lastRewriteStatus", text_or_null(rewritten)},
                       {"lastWriteStatus", text_or_null(written)},
                       {"bytes", value_or_null(count("aof_current_size"))},
                       {"bytesAfterRewrite", value_or_null(count("aof_base_size"))}};
    const std::optional<bool> aof = flag("aof_enabled");
    row.cells.insert(row.cells.end(),
                     {role_word(role), schedule ? output::Cell(schedule->empty() ? "off" : *schedule) : output::Cell(),
                      seconds_cell(age), count("rdb_changes_since_last_save"),
                      status_cell(saved, flag("rdb_bgsave_in_progress").value_or(false)),
                      aof ? output::Cell(*aof ? "on" : "off") : output::Cell(), bytes_cell(count("aof_current_size")),
                      aof.value_or(false) ? status_cell(written, false) : output::Cell(),
                      status_cell(rewritten, flag("aof_rewrite_in_progress").value_or(false)),
                      seconds_cell(count("rdb_last_bgsave_time_sec")), bytes_cell(count("rdb_last_cow_size"))});
    return info ? std::nullopt : std::optional(info.error());
}

Result<ExitCode> run(Context& context, const Options& options) {
    std::vector<redis::Request> requests = info_requests({"persistence"});
    requests.push_back({"TIME"});
    requests.push_back({"CONFIG", "GET", "save"});
    TRY_ASSIGN(const Asked asked, ask_each(context, options.nodes, requests, Sentinels::left_out));
    constexpr auto wide = output::Show::wide_only;
    return show_rows(context, "Persistence", asked,
                     {{"NODE"},
                      {"ROLE"},
                      {"SAVE"},
                      output::numbers("SAVED"),
                      output::numbers("CHANGES"),
                      {"RDB"},
                      {"AOF"},
                      output::numbers("AOF-SIZE"),
                      {"AOF-WRITE"},
                      {"REWRITE"},
                      output::numbers("TOOK", wide),
                      output::numbers("COW", wide)},
                     fill);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {nodes_to_show(options->nodes)};
    spec.examples = {"redisctl persistence", "redisctl persistence -o wide", "redisctl persistence redis-0 --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command persistence_command{
    "persistence",
    Group::inspect,
    "Show what each node saves: age and success of its last RDB, state and size of its AOF",
    Uses::target,
    {"lastsave"},
    bind,
    "Persistence"};

}  // namespace redisctl
