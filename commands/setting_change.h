// One parameter of one node that is set, and taken back: CONFIG SET, and what the node says of it then. And what goes
// before: which nodes, and a yes.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "commands/look.h"
#include "fleet/node.h"
#include "redis/node_view.h"
#include "redis/value.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl {

struct NodeToSet {
    const fleet::Node* node;
    redis::Role role;
};

// Of the instance that was looked at, those that --node names and that are `wanted`; replicas first: what does not work
// is better known before the master has it. Errors: not_found for a name; refused NODE_SILENT for one that does not
// answer.
Result<std::vector<NodeToSet>> nodes_to_set(const Context& context, const Look& seen,
                                            const std::function<bool(const std::string& name)>& wanted);

// Whoever gets a document has not seen the plan. Errors: refused NOT_CONFIRMED, and those of ask_yes_no.
Result<void> agree_to_set(Context& context, const std::string& plan, const std::string& question);

struct SettingChange {
    const fleet::Node* node;
    redis::Role role;
    std::string parameter, value, before;
    std::optional<std::string> after = {};  // as the node says it: 100mb is 104857600; nullopt: not known
    bool set = false, undone = false;       // set: it may have been heard
    // The server reads it at its start only: nothing was changed. Redis 7.0 and newer say so, 6.0 calls it unsupported.
    bool only_at_start = false;
    std::optional<Error> error = {};
};

// What CONFIG GET of the one parameter says. Errors: refused NO_PARAMETER; protocol, and the server's.
Result<std::string> setting_of(const redis::Value& reply, const std::string& parameter);

// Is this another way to write the value that was said? "100mb" and "104857600", "Yes" and "yes".
bool same_setting(std::string_view written, std::string_view said);

// False with an error in the change: the server's or the line's, or NOT_TAKEN.
bool apply(Context& context, SettingChange& change);

// What it was before; false, with NOT_UNDONE where there is no error yet, when the node does not have it again.
bool take_back(Context& context, SettingChange& change);

// CONFIG REWRITE. Errors: NOT_REWRITTEN, with why.
Result<void> rewrite_file(Context& context, const fleet::Node& node);

}  // namespace redisctl
