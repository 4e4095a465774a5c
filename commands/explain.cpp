#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/context.h"
#include "output/document.h"
#include "topology/finding_codes.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using topology::FindingCode;

struct Options {
    std::vector<std::string> code;
};

std::string severity_text(const FindingCode& code) {
    return fmt::format("{}{}{}", severity_name(code.severity), code.except.empty() ? "" : "; ", code.except);
}

Json to_json(const FindingCode& code) {
    Json json{{"code", code.code}, {"about", code.about}, {"severity", severity_name(code.severity)}};
    json["except"] = text_or_null(code.except);
    json["means"] = code.means;
    json["look"] = text_or_null(code.look);
    json["paste"] = code.paste;
    return json;
}

std::string in_words(const FindingCode& code) {
    std::string out = fmt::format("{}  {}\n  means:  {}\n", code.code, severity_text(code), code.means);
    if (!code.look.empty()) out += fmt::format("  look:   {}\n", code.look);
    std::string_view label = "paste:";
    for (const std::string_view line : code.paste) {
        out += fmt::format("  {:<6}  {}\n", label, line);
        label = "";
    }
    return out;
}

Result<const FindingCode*> named(const std::string& word) {
    std::string code = word;
    std::transform(code.begin(), code.end(), code.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    std::replace(code.begin(), code.end(), '-', '_');
    if (const FindingCode* found = topology::find_code(code)) return found;
    std::vector<std::string> known;
    for (const FindingCode& one : topology::finding_codes()) known.emplace_back(one.code);
    const auto meant = nearest(code, known);
    return fail(ErrorCode::usage,
                fmt::format("there is no finding '{}'{}", printable(word),
                            meant ? fmt::format("; did you mean '{}'?", *meant) : std::string()),
                {}, meant ? fmt::format("redisctl explain {}", *meant) : std::string("redisctl explain"));
}

// A table under each heading.
void add_list(output::Document& document) {
    std::string_view heading;
    output::Table table;
    const auto close = [&] {
        if (!table.rows.empty()) document.add_table(std::move(table));
    };
    for (const FindingCode& code : topology::finding_codes()) {
        if (code.about != heading) {
            close();
            heading = code.about;
            table = {
                std::string(heading), {{"CODE"}, {"SEVERITY"}, {"MEANS"}, {"EXCEPT", output::Show::wide_only}}, {}};
        }
        table.rows.push_back({code.code, severity_name(code.severity), code.means, code.except});
    }
    close();
}

Result<ExitCode> run(Context& context, const Options& options) {
    output::Document document("Explanation", "");
    const auto add = [&](const FindingCode& code) {
        document.add_item(to_json(code));
        document.add_name(std::string(code.code));
    };
    if (options.code.empty()) {
        for (const FindingCode& code : topology::finding_codes()) add(code);
        add_list(document);
        TRY(context.output().print(document));
        return ExitCode::ok;
    }
    TRY_ASSIGN(const FindingCode* code, named(options.code.front()));
    add(*code);
    const output::Format format = context.output().settings().format;
    if (output::is_document(format) || format == output::Format::name)
        TRY(context.output().print(document));
    else
        TRY(context.output().write(in_words(*code)));
    return ExitCode::ok;
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {
        {"CODE", "Code of a finding; without one all of them are listed", &options->code, false, false, "finding"}};
    spec.examples = {"redisctl explain", "redisctl explain REPLICA_LINK_DOWN", "redisctl explain split-brain --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command explain_command{
    "explain",    Group::tool, "Say what the code of a finding means, what to look at and what to paste",
    Uses::answer, {},          bind,
    "Explanation"};

}  // namespace redisctl
