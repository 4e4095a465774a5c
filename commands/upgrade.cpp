#include "backup/shelf.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/examination.h"
#include "commands/node_cells.h"
#include "commands/number_flag.h"
#include "commands/upgrade_gates.h"
#include "commands/upgrade_state.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>
#include <functional>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMaxLag = 1024 * 1024, kFewerPercent = 5;
constexpr Millis kMaxAge = std::chrono::hours(24);

struct Options {
    std::string max_bytes;
    std::string dir, max_age;        // of check
    std::string before, fewer_keys;  // of verify
};

Result<int64_t> max_lag_of(const Options& options) {
    if (options.max_bytes.empty()) return kMaxLag;
    TRY_ASSIGN(const uint64_t bytes, parse_bytes(options.max_bytes));
    return static_cast<int64_t>(bytes);
}

// Adds the instance; true when every gate is open.
bool add(output::Document& document, const topology::Picture& picture, const UpgradeState& state,
         const std::vector<Gate>& gates) {
    Json list = Json::array();
    output::Table table{heading(picture), {{"GATE"}, {"OK"}, {"VALUE"}, {"MUST BE"}, {"HINT"}}, {}};
    bool all = true;
    for (const Gate& gate : gates) {
        all = all && gate.ok;
        list.push_back({{"gate", gate.name},
                        {"value", gate.value},
                        {"limit", gate.limit},
                        {"ok", gate.ok},
                        {"hint", text_or_null(gate.ok ? "" : gate.hint)}});
        table.rows.push_back({gate.name,
                              {gate.ok ? "yes" : "NO", gate.ok ? output::Tone::good : output::Tone::bad},
                              gate.value,
                              gate.limit,
                              gate.ok ? "" : gate.hint});
    }
    Json item{{"instance", picture.name}, {"namespace", text_or_null(picture.ns)}, {"system", picture.system}};
    item["ready"] = all;
    item["gates"] = std::move(list);
    item.update(to_json(state));
    document.add_item(std::move(item));
    document.add_table(std::move(table));
    document.add_name(picture.full_name());
    return all;
}

// The gates of any time, and those that `more` has for an instance of the look.
Result<ExitCode> judge(Context& context, const Options& options, std::string_view kind,
                       const std::function<std::vector<Gate>(const Look&, size_t, const UpgradeState&)>& more) {
    TRY_ASSIGN(const int64_t max_lag, max_lag_of(options));
    TRY_ASSIGN(const Look seen, examine(context));
    const std::vector<UpgradeState> states = upgrade_states(context, seen);
    output::Document document(std::string(kind), context.kube_context());
    bool all = true;
    for (size_t i = 0; i < seen.pictures.size(); i++) {
        const topology::Picture& picture = seen.pictures[i];
        std::vector<Gate> gates = gates_of_any_time(picture, states[i], max_lag);
        for (Gate& gate : more(seen, i, states[i])) gates.push_back(std::move(gate));
        all = add(document, picture, states[i], gates) && all;
    }
    TRY(context.output().print(document));
    if (count_answers(seen).yes > 0 && !all) return ExitCode::bad_answer;
    return shown(count_answers(seen));
}

// Only backups of this instance, in this context, count.
const backup::Shelved* newest_of(const backup::Shelf& shelf, const Context& context, const topology::Picture& picture) {
    const backup::Shelved* newest = nullptr;
    for (const backup::Shelved& backup : shelf.backups)
        if (backup.manifest.has_rdb() && backup.manifest.instance == picture.name && backup.manifest.ns == picture.ns &&
            backup.manifest.context == context.kube_context())
            newest = &backup;
    return newest;
}

Result<ExitCode> check(Context& context, const Options& options) {
    Millis max_age = kMaxAge;
    if (!options.max_age.empty()) {
        TRY_ASSIGN(max_age, parse_duration(options.max_age));
    }
    backup::Shelf shelf;
    if (!options.dir.empty()) {
        TRY_ASSIGN(shelf, backup::read_shelf(options.dir));
    }
    if (options.dir.empty()) context.output().note("no backup was looked for: --dir FOLDER");
    return judge(context, options, "UpgradeCheck", [&](const Look& seen, size_t i, const UpgradeState&) {
        if (options.dir.empty()) return std::vector<Gate>{};
        const topology::Picture& picture = seen.pictures[i];
        return std::vector<Gate>{backup_gate(picture, options.dir, newest_of(shelf, context, picture),
                                             static_cast<int64_t>(std::time(nullptr)), max_age)};
    });
}

Result<ExitCode> verify(Context& context, const Options& options) {
    TRY_ASSIGN(const int64_t fewer, number_flag("--fewer-keys", options.fewer_keys, 0, kFewerPercent));
    TRY_ASSIGN(const auto before, read_upgrade_states(options.before));
    return judge(context, options, "UpgradeVerify", [&](const Look& seen, size_t i, const UpgradeState& now) {
        const topology::Picture& picture = seen.pictures[i];
        auto found = before.find(picture.full_name());
        // Plain hosts that were given no name go by their master's address, which may be another one by now.
        if (found == before.end() && picture.ns.empty() && before.size() == 1 && seen.pictures.size() == 1)
            found = before.begin();
        if (found != before.end()) return gates_since(picture, found->second, now, fewer);
        return std::vector<Gate>{{"before", "unknown", fmt::format("{} in {}", picture.full_name(), options.before),
                                  false, "redisctl upgrade check --json > before.json"}};
    });
}

Option lag_option(Options& options) {
    return {"--max-bytes", "SIZE", "A replica may be so far behind; 1MiB by default", &options.max_bytes};
}

void bind_check(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        lag_option(*options),
        {"--dir", "FOLDER", "Where the backups are; without it none is looked for", &options->dir, {}, "file"},
        {"--max-age", "DURATION", "A backup may be so old; 24h by default", &options->max_age}};
    spec.examples = {"redisctl upgrade check --instance redis --dir /var/backups/redis",
                     "redisctl upgrade check --instance redis --json"};
    spec.run = [options](Context& context) { return check(context, *options); };
}

void bind_verify(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        lag_option(*options),
        {"--fewer-keys", "PERCENT", "So many keys may have gone in the meantime; 5 by default", &options->fewer_keys}};
    auto before = std::make_shared<std::vector<std::string>>();
    spec.positionals = {{"FILE", "What `upgrade check --json` printed before", before.get(), true, false, "file"}};
    spec.examples = {"redisctl upgrade verify before.json --instance redis"};
    spec.run = [options, before](Context& context) {
        options->before = before->front();
        return verify(context, *options);
    };
}

}  // namespace

extern const Command upgrade_check_command{
    "upgrade check",
    Group::judge,
    "Say whether servers can be upgraded now: findings, master, replicas, lag, versions, a backup",
    Uses::target,
    {"pre-upgrade-check"},
    bind_check,
    "UpgradeCheck"};

extern const Command upgrade_verify_command{
    "upgrade verify",
    Group::judge,
    "Compare with what `upgrade check` saw before: the same nodes, one version, the keys are there",
    Uses::target,
    {"post-upgrade-check", "validate-upgrade"},
    bind_verify,
    "UpgradeVerify"};

}  // namespace redisctl
