#include "base/json_values.h"
#include "commands/command.h"
#include "commands/sentinel_look.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using output::Cell;
using output::Show;
using output::Table;
using output::Tone;
using topology::Council;
using topology::CouncilMember;
using topology::Picture;
using topology::Recalled;
using topology::SentinelPicture;
using topology::Standing;

struct Options {
    std::vector<std::string> what;
};

std::string heading(const Picture& picture, const Council& council) {
    std::string text = fmt::format("{}  {}  {}\n", picture.full_name(), picture.system,
                                   council.master.empty() ? "no clear master" : "master " + council.master);
    if (!council.can_fail_over) return text + "unknown whether a failover could happen: no Sentinel could be asked";
    if (*council.can_fail_over) return text + "a failover could happen";
    text += "a failover could not happen: ";
    for (size_t i = 0; i < council.obstacles.size(); i++) text += (i == 0 ? "" : "; ") + council.obstacles[i];
    return text;
}

Cell unanswered(const SentinelPicture& sentinel) {
    return {sentinel.error ? std::string(sentinel.error->name()) : "watches another master", Tone::bad};
}

std::string known(const std::vector<Recalled>& list, int64_t itself, const char* what) {
    const auto gone = std::count_if(list.begin(), list.end(), [](const Recalled& one) {
        return one.standing == Standing::ghost || one.standing == Standing::crossed;
    });
    return fmt::format("{} {}{}", static_cast<int64_t>(list.size()) + itself, what,
                       gone == 0 ? "" : fmt::format(" ({} gone)", gone));
}

Cell state_cell(const SentinelPicture& sentinel) {
    if (sentinel.view->tilt == true) return {"tilt", Tone::bad};
    const std::string& flags = sentinel.master->flags;
    for (const char* flag : {"failover_in_progress", "o_down", "s_down", "disconnected"})
        if (redis::has_flag(flags, flag)) return {flag, Tone::bad};
    return {"ok", Tone::good};
}

Cell millis_cell(const std::optional<int64_t>& ms) {
    if (!ms) return {};
    return *ms % 1000 == 0 ? fmt::format("{}s", *ms / 1000) : fmt::format("{}ms", *ms);
}

Cell votes_cell(const CouncilMember& member) {
    if (member.voters == 0) return {};
    return {fmt::format("{} of {}, {} needed", member.votes, member.voters, member.needed),
            member.votes >= member.needed ? Tone::plain : Tone::bad};
}

Table masters_table(const Picture& picture, const Council& council) {
    Table table{heading(picture, council),
                {{"SENTINEL"},
                 {"MASTER"},
                 output::numbers("EPOCH"),
                 output::numbers("QUORUM"),
                 {"VOTES"},
                 {"KNOWS"},
                 output::numbers("DOWN-AFTER"),
                 output::numbers("TIMEOUT"),
                 output::numbers("SYNCS"),
                 {"STATE"},
                 {"NAME", Show::wide_only},
                 {"VERSION", Show::wide_only},
                 {"ADDRESS", Show::wide_only},
                 {"K8S-NODE", Show::wide_only}},
                {}};
    for (size_t i = 0; i < picture.sentinels.size(); i++) {
        const SentinelPicture& sentinel = picture.sentinels[i];
        const CouncilMember& member = council.members[i];
        std::vector<Cell> row{sentinel.name};
        if (!sentinel.master) {
            row.push_back(unanswered(sentinel));
            row.resize(table.columns.size());
            table.rows.push_back(std::move(row));
            continue;
        }
        const redis::SentinelMaster& master = *sentinel.master;
        const std::string knows =
            known(member.replicas, 0, "replicas") + ", " + known(member.sentinels, 1, "Sentinels");
        table.rows.push_back({sentinel.name,
                              {member.watches, member.on_master ? Tone::plain : Tone::bad},
                              master.config_epoch,
                              master.quorum,
                              votes_cell(member),
                              member.error ? Cell() : Cell(knows),
                              millis_cell(master.down_after_ms),
                              millis_cell(master.failover_timeout_ms),
                              master.parallel_syncs,
                              state_cell(sentinel),
                              master.name,
                              sentinel.view->version,
                              sentinel.address,
                              sentinel.k8s_node});
    }
    return table;
}

Cell standing_cell(const Recalled& one) {
    const auto silent = one.told.silent_ms ? " " + topology::rough_time(*one.told.silent_ms) : std::string();
    switch (one.standing) {
        case Standing::ghost:
            return {"ghost" + silent, Tone::bad};
        case Standing::crossed:
            return {"another instance's", Tone::bad};
        default:
            return one.heard ? Cell{"heard", Tone::good} : Cell{"silent" + silent, Tone::warn};
    }
}

// What all of them remember, a row each, and what each of them says of it, a column each.
Table memory_table(const Picture& picture, const Council& council, const char* title,
                   std::vector<Recalled> CouncilMember::*list) {
    Table table{heading(picture, council), {{title}, {"ADDRESS"}}, {}};
    struct Line {
        std::string name, address;
        std::vector<Cell> cells;
    };
    std::vector<Line> lines;
    const auto line_of = [&](const std::string& name, const std::string& address) -> Line& {
        const auto same = [&](const Line& line) {
            return line.name == name && (!name.empty() || line.address == address);
        };
        const auto found = std::find_if(lines.begin(), lines.end(), same);
        if (found != lines.end()) return *found;
        return lines.emplace_back(Line{name, address, std::vector<Cell>(picture.sentinels.size())});
    };
    const bool sentinels = list == &CouncilMember::sentinels;
    for (size_t i = 0; i < picture.sentinels.size(); i++) {
        table.columns.push_back({"BY " + picture.sentinels[i].name});
        if (sentinels) line_of(picture.sentinels[i].name, picture.sentinels[i].address).cells[i] = "itself";
    }
    for (size_t i = 0; i < picture.sentinels.size(); i++) {
        for (const Recalled& one : council.members[i].*list)
            line_of(one.node, one.address).cells[i] = standing_cell(one);
        if (council.members[i].error)
            for (Line& line : lines) line.cells[i] = {"?", Tone::bad};
    }
    for (Line& line : lines) {
        std::vector<Cell> row{line.name, line.address};
        row.insert(row.end(), line.cells.begin(), line.cells.end());
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table check_table(const Picture& picture, const Council& council) {
    Table table{
        heading(picture, council), {{"SENTINEL"}, {"MASTER"}, {"VOTES"}, {"CANDIDATE"}, {"STATE"}, {"CKQUORUM"}}, {}};
    for (size_t i = 0; i < picture.sentinels.size(); i++) {
        const SentinelPicture& sentinel = picture.sentinels[i];
        const CouncilMember& member = council.members[i];
        if (!sentinel.master) {
            table.rows.push_back({sentinel.name, unanswered(sentinel), {}, {}, {}, {}});
            continue;
        }
        table.rows.push_back(
            {sentinel.name,
             {member.watches, member.on_master ? Tone::plain : Tone::bad},
             votes_cell(member),
             member.error ? Cell()
                          : Cell(member.has_candidate ? "yes" : "none", member.has_candidate ? Tone::good : Tone::bad),
             state_cell(sentinel),
             {member.quorum_words, member.quorum_ok == true ? Tone::good : Tone::bad}});
    }
    return table;
}

Json to_json(const Recalled& one, bool replica) {
    Json json{{"address", one.address},
              {"node", text_or_null(one.node)},
              {"standing", topology::standing_name(one.standing)},
              {"heard", one.heard},
              {"id", text_or_null(one.told.id)},
              {"flags", one.told.flags},
              {"silentMs", value_or_null(one.told.silent_ms)}};
    if (!replica) return json;
    json["linkStatus"] = one.told.link_up ? Json(*one.told.link_up ? "up" : "down") : Json(nullptr);
    json["offset"] = value_or_null(one.told.offset);
    json["priority"] = value_or_null(one.told.priority);
    return json;
}

Json to_json(const SentinelPicture& sentinel, const CouncilMember& member) {
    const redis::SentinelView view = sentinel.view.value_or(redis::SentinelView{});
    const redis::SentinelMaster master = sentinel.master.value_or(redis::SentinelMaster{});
    const auto counted = [&](int64_t number) { return member.voters == 0 ? Json(nullptr) : Json(number); };
    Json json{{"name", sentinel.name},
              {"pod", text_or_null(sentinel.pod)},
              {"k8sNode", text_or_null(sentinel.k8s_node)},
              {"address", text_or_null(sentinel.address)},
              {"version", text_or_null(view.version)},
              {"runId", text_or_null(view.run_id)},
              {"id", text_or_null(member.my_id)},
              {"tilt", value_or_null(view.tilt)},
              {"masterName", text_or_null(master.name)},
              {"master", text_or_null(sentinel.master_node)},
              {"masterHost", text_or_null(master.host)},
              {"masterPort", value_or_null(master.port)},
              {"onMaster", member.on_master},
              {"flags", text_or_null(master.flags)},
              {"epoch", value_or_null(master.config_epoch)},
              {"quorum", value_or_null(master.quorum)},
              {"downAfterMs", value_or_null(master.down_after_ms)},
              {"failoverTimeoutMs", value_or_null(master.failover_timeout_ms)},
              {"parallelSyncs", value_or_null(master.parallel_syncs)},
              {"scripts", master.scripts},
              {"checkQuorum",
               member.quorum_ok ? Json{{"ok", *member.quorum_ok}, {"message", member.quorum_words}} : Json(nullptr)},
              {"voters", counted(member.voters)},
              {"votes", counted(member.votes)},
              {"votesNeeded", counted(member.needed)},
              {"agreeing", counted(member.agreeing)},
              {"replicas", Json::array()},
              {"sentinels", Json::array()}};
    for (const Recalled& one : member.replicas) json["replicas"].push_back(to_json(one, true));
    for (const Recalled& one : member.sentinels) json["sentinels"].push_back(to_json(one, false));
    const std::optional<Error>& error = sentinel.master ? member.error : sentinel.error;
    json["error"] = error ? output::to_json(output::ErrorItem{"", sentinel.name, *error}) : Json(nullptr);
    return json;
}

Json item_of(const Picture& picture, const Council& council) {
    Json item{{"instance", picture.name},
              {"namespace", text_or_null(picture.ns)},
              {"system", picture.system},
              {"master", text_or_null(council.master)},
              {"canFailOver", value_or_null(council.can_fail_over)},
              {"obstacles", council.obstacles},
              {"sentinels", Json::array()}};
    for (size_t i = 0; i < picture.sentinels.size(); i++)
        item["sentinels"].push_back(to_json(picture.sentinels[i], council.members[i]));
    return item;
}

// The document; `answered` counts the Sentinels.
output::Document document_of(const Context& context, const SentinelLook& seen, Answered& answered) {
    output::Document document("SentinelView", context.kube_context());
    for (size_t i = 0; i < seen.look.pictures.size(); i++) {
        const Picture& picture = seen.look.pictures[i];
        const Council& council = seen.councils[i];
        document.add_item(item_of(picture, council));
        for (size_t n = 0; n < picture.sentinels.size(); n++) {
            const SentinelPicture& sentinel = picture.sentinels[n];
            const std::optional<Error>& error = sentinel.master ? council.members[n].error : sentinel.error;
            answered.count(error);
            if (error) document.add_error({picture.full_name(), sentinel.name, *error});
            document.add_name(sentinel.name);
        }
        for (const Finding& finding : seen.findings(i)) document.add_finding(finding);
    }
    return document;
}

Result<ExitCode> run_view(Context& context, const Options& options) {
    TRY_ASSIGN(const SentinelLook seen, look_at_sentinels(context));
    Answered answered;
    output::Document document = document_of(context, seen, answered);
    const std::string what = options.what.empty() ? "masters" : options.what.front();
    for (size_t i = 0; i < seen.look.pictures.size(); i++) {
        const Picture& picture = seen.look.pictures[i];
        const Council& council = seen.councils[i];
        document.add_table(what == "replicas"    ? memory_table(picture, council, "REPLICA", &CouncilMember::replicas)
                           : what == "sentinels" ? memory_table(picture, council, "SENTINEL", &CouncilMember::sentinels)
                                                 : masters_table(picture, council));
    }
    TRY(context.output().print(document));
    return shown(answered);
}

Result<ExitCode> run_check(Context& context) {
    TRY_ASSIGN(const SentinelLook seen, look_at_sentinels(context));
    Answered answered;
    output::Document document = document_of(context, seen, answered);
    for (size_t i = 0; i < seen.look.pictures.size(); i++)
        document.add_table(check_table(seen.look.pictures[i], seen.councils[i]));
    TRY(context.output().print(document));
    return judged(answered, document.findings(), context.globals());
}

void bind_view(Spec& spec) {
    auto options = std::make_shared<Options>();
    Positional what{"WHAT", "What each Sentinel says of: masters (by default), replicas or sentinels", &options->what};
    what.choices = {"masters", "replicas", "sentinels"};
    spec.positionals = {std::move(what)};
    spec.examples = {"redisctl sentinel", "redisctl sentinel sentinels --instance redis",
                     "redisctl sentinel replicas --sentinel db1:26379 --master-name mymaster",
                     "redisctl sentinel --json"};
    spec.run = [options](Context& context) { return run_view(context, *options); };
}

void bind_check(Spec& spec) {
    spec.examples = {"redisctl sentinel check", "redisctl sentinel check -A --fail-on warning",
                     "redisctl sentinel check --sentinel db1:26379 --json"};
    spec.run = run_check;
}

}  // namespace

extern const Command sentinel_command{
    "sentinel", Group::look,   "Show what each Sentinel says, side by side, and where they differ", Uses::target, {},
    bind_view,  "SentinelView"};

extern const Command sentinel_check_command{
    "sentinel check", Group::judge, "Tell whether the Sentinels could fail over now, and if not, why",
    Uses::target,     {},           bind_check,
    "SentinelView"};

}  // namespace redisctl
