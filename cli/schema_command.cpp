#include "base/text.h"
#include "commands/command.h"
#include "commands/context.h"
#include "output/schema.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace redisctl {

namespace {

struct Options {
    std::vector<std::string> kind;
};

Result<ExitCode> run(Context& context, const Options& options) {
    std::string text;
    std::vector<std::string> kinds;
    for (std::string_view kind : output::schema_kinds()) kinds.emplace_back(kind);
    if (options.kind.empty()) {
        for (const std::string& kind : kinds) text += kind + '\n';
    } else if (auto schema = output::schema_text(options.kind.front())) {
        text = std::move(*schema);
    } else {
        auto meant = nearest(options.kind.front(), kinds);
        return fail(ErrorCode::usage,
                    fmt::format("there is no kind '{}'{}", printable(options.kind.front()),
                                meant ? fmt::format("; did you mean '{}'?", *meant) : std::string()),
                    {}, meant ? fmt::format("redisctl schema {}", *meant) : std::string("redisctl schema"));
    }
    TRY(context.output().write(text));
    return ExitCode::ok;
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.positionals = {{"KIND", "Kind of the document, as its member kind says it; without one the kinds are listed",
                         &options->kind, false, false, "kind"}};
    spec.examples = {"redisctl schema", "redisctl schema ReplicationInfo"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command schema_command{"schema",      Group::tool, "Print the JSON Schema of a kind of document",
                                    Uses::nothing, {},          bind};

}  // namespace redisctl
