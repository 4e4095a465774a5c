// Every code that a finding may have, and what its owner should know about it: `redisctl explain` prints this table,
// and docs/findings.md is made from it. The codes are stable: they change only by adding.
#pragma once

#include "base/finding.h"

#include <span>
#include <string_view>
#include <vector>

namespace redisctl::topology {

struct FindingCode {
    std::string_view code;
    std::string_view about;                    // the heading that it stands under
    Severity severity;                         // the usual one
    std::string_view except;                   // when it is another: "warning for a replica"; may be empty
    std::string_view means;                    // one sentence, `code` in backquotes
    std::string_view look;                     // what to look at or to do; may be empty
    std::vector<std::string_view> paste = {};  // commands; words in capitals (NODE, POD) are to be replaced
};

// In the order of the document: those under one heading stand together.
std::span<const FindingCode> finding_codes();

// Parts of the above: what Sentinels say, what an operator does, what shape the servers are in, the ways of clients, and
// backups.
std::vector<FindingCode> sentinel_finding_codes();
std::vector<FindingCode> condition_finding_codes();
std::vector<FindingCode> operator_finding_codes();
std::vector<FindingCode> client_finding_codes();
std::vector<FindingCode> backup_finding_codes();

// nullptr when there is none.
const FindingCode* find_code(std::string_view code);

}  // namespace redisctl::topology
