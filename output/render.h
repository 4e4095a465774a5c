// A document in the format that was asked for.
#pragma once

#include "output/document.h"
#include "output/format.h"
#include "output/table.h"
#include "output/terminal.h"

#include <string>
#include <vector>

namespace redisctl::output {

// Data for stdout: with table and wide the tables, with name the names, else the document. Findings and errors are only
// in the latter.
std::string render(const Document& document, Format format, Headers headers, const Terminal& terminal);

// "critical  REPLICA_LINK_DOWN  message" and an indented hint; the instance stands before the message when the findings
// are about several.
std::string render_findings(const std::vector<Finding>& findings, const Terminal& terminal);

}  // namespace redisctl::output
