#include "clients/haproxy_check.h"

#include "base/json_values.h"
#include "clients/haproxy_match.h"
#include "commands/command.h"
#include "commands/look.h"
#include "commands/upstream.h"
#include "kube/local_file.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxBytes = 1u << 20;

struct Options {
    std::vector<std::string> file;
    bool offline = false;
};

Json backend_json(const clients::HaproxyJudged& judged) {
    Json json{
        {"name", judged.backend->name}, {"line", judged.backend->line}, {"lets", clients::lets_name(judged.lets)}};
    json["servers"] = Json::array();
    for (size_t i = 0; i < judged.backend->servers.size(); i++) {
        const clients::HaproxyServer& server = judged.backend->servers[i];
        json["servers"].push_back(Json{{"name", server.name},
                                       {"line", server.line},
                                       {"address", clients::address_text(server)},
                                       {"node", text_or_null(judged.nodes[i])}});
    }
    return json;
}

Json problem_json(const clients::HaproxyProblem& problem) {
    return {{"code", problem.code},
            {"severity", severity_name(problem.severity)},
            {"line", problem.line},
            {"backend", text_or_null(problem.backend)},
            {"server", text_or_null(problem.server)},
            {"message", problem.message},
            {"cause", text_or_null(problem.cause)},
            {"hint", text_or_null(problem.hint)}};
}

Json item_of(const std::string& file, const clients::Upstream* upstream, const clients::HaproxyVerdict& verdict) {
    Json item{{"instance", upstream ? Json(upstream->name) : Json(nullptr)},
              {"namespace", upstream ? text_or_null(upstream->ns) : Json(nullptr)},
              {"file", file},
              {"backends", Json::array()},
              {"problems", Json::array()}};
    for (const clients::HaproxyJudged& judged : verdict.backends) item["backends"].push_back(backend_json(judged));
    for (const clients::HaproxyProblem& problem : verdict.problems) item["problems"].push_back(problem_json(problem));
    return item;
}

output::Table table_of(const std::string& file, const clients::HaproxyVerdict& verdict) {
    output::Table table{
        file, {{"BACKEND"}, output::numbers("LINE"), {"LETS-THROUGH"}, output::numbers("SERVERS"), {"NODES"}}, {}};
    for (const clients::HaproxyJudged& judged : verdict.backends) {
        std::string nodes;
        for (const std::string& node : judged.nodes)
            if (!node.empty()) nodes += (nodes.empty() ? "" : ",") + node;
        table.rows.push_back({judged.backend->name, judged.backend->line, std::string(clients::lets_name(judged.lets)),
                              judged.backend->servers.size(), nodes});
    }
    return table;
}

Result<ExitCode> run(Context& context, const Options& options) {
    const std::string& file = options.file.front();
    auto content = kube::read_local_file(file, kMaxBytes);
    if (!content) {
        content.error().code = ErrorCode::usage;
        return fail(std::move(content).error());
    }
    auto sections = clients::parse_haproxy(*content);
    if (!sections) {
        sections.error().message = fmt::format("{}: {}", printable(file), sections.error().message);
        return fail(std::move(sections).error().with_hint(fmt::format("haproxy -c -f {}", printable(file))));
    }
    const std::vector<clients::HaproxyBackend> backends = clients::haproxy_backends(*sections);

    Look seen;
    std::optional<clients::Upstream> upstream;
    if (!options.offline) {
        TRY_ASSIGN(seen, look_at_one(context, "a haproxy.cfg is for one"));
        upstream = upstream_of(context, seen, 0);
    }
    const clients::HaproxyVerdict verdict = clients::check_haproxy(backends, upstream);

    output::Document document("HaproxyCheck", context.kube_context());
    const std::string instance = upstream ? upstream->full_name() : std::string();
    for (const topology::Picture& picture : seen.pictures)
        for (const topology::NodePicture& node : picture.nodes)
            if (node.error) document.add_error({picture.full_name(), node.name, *node.error});
    document.add_item(item_of(file, upstream ? &*upstream : nullptr, verdict));
    document.add_table(table_of(file, verdict));
    for (const clients::HaproxyJudged& judged : verdict.backends) document.add_name(judged.backend->name);
    for (const clients::HaproxyProblem& problem : verdict.problems)
        document.add_finding({problem.code, problem.severity, instance, "",
                              fmt::format("{}:{}: {}{}{}", file, problem.line, problem.message,
                                          problem.cause.empty() ? "" : ": ", problem.cause),
                              problem.hint});
    TRY(context.output().print(document));
    Answered answered = count_answers(seen);
    // The file was read, whoever of the servers answered.
    if (answered.yes == 0 && answered.no == 0) answered.yes = 1;
    return judged(answered, document.findings(), context.globals());
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--offline", "", "Judge the file alone, and ask no server", &options->offline}};
    spec.positionals = {{"FILE", "The haproxy.cfg to judge", &options->file, true, false, "file"}};
    spec.examples = {"redisctl haproxy check /etc/haproxy/haproxy.cfg",
                     "redisctl haproxy check haproxy.cfg --offline --fail-on warning"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command haproxy_check_command{
    "haproxy check", Group::judge, "Judge a haproxy.cfg: do writes reach the master alone, also after a switch",
    Uses::target,    {},           bind,
    "HaproxyCheck"};

}  // namespace redisctl
