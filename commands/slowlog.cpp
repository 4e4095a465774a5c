#include "base/json_values.h"
#include "base/text.h"
#include "commands/ask_each.h"
#include "commands/command.h"
#include "commands/node_names.h"
#include "commands/number_flag.h"
#include "redis/reply_error.h"
#include "redis/sensitive.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kEntries = 20;
constexpr size_t kShownArguments = 120;  // columns

struct Options {
    std::vector<std::string> nodes;
    std::string limit;
    bool by_command = false;
};

// One entry of SLOWLOG GET: id, time, duration, arguments, and from 4.0 on the client's address and name.
struct Slow {
    std::string node;
    int64_t id = 0, time = 0, micros = 0;
    redis::Request command;
    std::string client, client_name;
};

Result<std::vector<Slow>> read(const redis::Value& reply, const std::string& node) {
    if (reply.is_error()) return fail(redis::reply_error(reply, "SLOWLOG"));
    TRY_ASSIGN(const auto* entries, reply.as_array());
    std::vector<Slow> all;
    for (const redis::Value& entry : *entries) {
        TRY_ASSIGN(const auto* parts, entry.as_array());
        if (parts->size() < 4) return fail(ErrorCode::protocol, "an entry of SLOWLOG GET has fewer than 4 parts");
        Slow slow{node, 0, 0, 0, {}, {}, {}};
        TRY_ASSIGN(slow.id, parts->at(0).as_integer());
        TRY_ASSIGN(slow.time, parts->at(1).as_integer());
        TRY_ASSIGN(slow.micros, parts->at(2).as_integer());
        TRY_ASSIGN(const auto* words, parts->at(3).as_array());
        for (const redis::Value& word : *words) slow.command.push_back(word.text);
        slow.command = redis::without_secrets(std::move(slow.command));
        if (parts->size() > 5) {
            slow.client = parts->at(4).text;
            slow.client_name = parts->at(5).text;
        }
        all.push_back(std::move(slow));
    }
    return all;
}

std::string took(int64_t micros) {
    return fmt::format("{:.1f}ms", static_cast<double>(micros) / 1000);
}

// As it may stand in a row: a large value is not printed.
std::string words_of(const Slow& slow) {
    std::string text = fmt::format("{}", fmt::join(slow.command, " "));
    if (text.size() <= kShownArguments) return text;
    return text.substr(0, kShownArguments) + "…";
}

output::Table by_time(std::vector<Slow> entries) {
    std::stable_sort(entries.begin(), entries.end(), [](const Slow& a, const Slow& b) { return a.time > b.time; });
    output::Table table{{}, {{"TIME"}, {"NODE"}, output::numbers("TOOK"), {"CLIENT"}, {"COMMAND"}}, {}};
    for (const Slow& slow : entries)
        table.rows.push_back({rfc3339(slow.time), slow.node, took(slow.micros),
                              slow.client_name.empty() ? slow.client : slow.client_name, words_of(slow)});
    return table;
}

output::Table by_command(const std::vector<Slow>& entries) {
    struct Sum {
        int64_t count = 0, micros = 0, longest = 0;
    };
    std::map<std::string, Sum> sums;
    for (const Slow& slow : entries) {
        Sum& sum = sums[slow.command.empty() ? std::string() : lower(slow.command[0])];
        sum.count++;
        sum.micros += slow.micros;
        sum.longest = std::max(sum.longest, slow.micros);
    }
    std::vector<std::pair<std::string, Sum>> sorted(sums.begin(), sums.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second.micros > b.second.micros; });
    output::Table table{
        {}, {{"COMMAND"}, output::numbers("COUNT"), output::numbers("TOGETHER"), output::numbers("LONGEST")}, {}};
    for (const auto& [name, sum] : sorted) table.rows.push_back({name, sum.count, took(sum.micros), took(sum.longest)});
    return table;
}

Result<ExitCode> run(Context& context, const Options& options) {
    TRY_ASSIGN(const int64_t limit, number_flag("--limit", options.limit, 1, kEntries));
    TRY_ASSIGN(const Asked asked,
               ask_each(context, options.nodes, {{"SLOWLOG", "GET", std::to_string(limit)}}, Sentinels::left_out));
    output::Document document("SlowLog", context.kube_context());
    std::map<const fleet::Instance*, std::vector<Slow>> slow;
    const auto fill = [&](const AskedNode& node, Row row) -> std::optional<Error> {
        auto entries = node.replies ? read(node.replies->front(), node.node->name)
                                    : Result<std::vector<Slow>>(fail(node.replies.error()));
        row.json["entries"] = entries ? Json(Json::array()) : Json(nullptr);
        if (!entries) return entries.error();
        std::vector<Slow>& all = slow[node.instance];
        for (Slow& entry : *entries) {
            row.json["entries"].push_back({{"id", entry.id},
                                           {"time", rfc3339(entry.time)},
                                           {"micros", entry.micros},
                                           {"command", entry.command},
                                           {"client", text_or_null(entry.client)},
                                           {"clientName", text_or_null(entry.client_name)}});
            all.push_back(std::move(entry));
        }
        return std::nullopt;
    };
    const Answered answered = fill_rows(document, asked, {}, fill);
    for (const fleet::Instance& instance : asked.found.inventory.instances) {
        if (!slow.contains(&instance)) continue;
        output::Table table = options.by_command ? by_command(slow.at(&instance)) : by_time(slow.at(&instance));
        table.heading = instance.full_name();
        document.add_table(std::move(table));
    }
    TRY(context.output().print(document));
    return shown(answered);
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--limit", "N", "The N last entries of each node; 20 by default", &options->limit},
                    {"--by-command", "", "Add up by command instead of listing by time", &options->by_command}};
    spec.positionals = {nodes_to_show(options->nodes)};
    spec.examples = {"redisctl slowlog", "redisctl slowlog --by-command --limit 128",
                     "redisctl slowlog redis-0 --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command slowlog_command{
    "slowlog", Group::inspect, "Show the slow commands of all nodes by time, passwords hidden", Uses::target, {},
    bind,      "SlowLog"};

}  // namespace redisctl
