// For commands that ask each node something of their own, without a picture: find, ask the wanted nodes, one row a
// node.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "commands/look.h"
#include "fleet/finder.h"
#include "output/document.h"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <string>
#include <vector>

namespace redisctl {

struct AskedNode {
    const fleet::Instance* instance;
    const fleet::Node* node;
    Result<std::vector<redis::Value>> replies;
    Micros took{};
};

struct Asked {
    fleet::Found found;
    std::vector<AskedNode> nodes;  // by instance, Redis before Sentinels
};

// names: only these (all when empty); sentinels: whether Sentinels are asked too.
enum class Sentinels { asked, left_out };
Result<Asked> ask_each(Context& context, const std::vector<std::string>& names,
                       const std::vector<redis::Request>& requests, Sentinels sentinels);

// Writes one item an instance: {"instance", "namespace", "nodes": [row(node)…]}. The row fills its JSON but for "error"
// and adds cells; `error` is what went wrong with this node, also counted and listed in the document. Without columns
// there is no table: the command adds its own.
struct Row {
    nlohmann::ordered_json& json;
    std::vector<output::Cell>& cells;
};
using FillRow = std::function<std::optional<Error>(const AskedNode& node, Row row)>;
// `finish` adds what is known of an instance once all its nodes are read.
using FinishItem = std::function<void(const fleet::Instance& instance, nlohmann::ordered_json& item)>;
Answered fill_rows(output::Document& document, const Asked& asked, const std::vector<output::Column>& columns,
                   const FillRow& fill, const FinishItem& finish = {});

// A command whose whole answer is these rows: prints the document of that kind.
Result<ExitCode> show_rows(Context& context, const char* kind, const Asked& asked,
                           const std::vector<output::Column>& columns, const FillRow& fill);

}  // namespace redisctl
