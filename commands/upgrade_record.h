// What an upgrade has to remember: on each StatefulSet, for as long as it is not over, and in a file beside the
// journals, for `upgrade verify` and `upgrade rollback`.
#pragma once

#include "base/environment.h"
#include "base/result.h"
#include "commands/upgrade_gates.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl {

// How one StatefulSet was before.
struct PreviousSet {
    std::string operation;  // that began it
    std::string set, container, image;
    std::string strategy;         // spec.updateStrategy as JSON text
    std::string server, version;  // that ran there: "redis", "7.0.15"; empty where none answered
};

// The text of kube::upgrade_annotation, and back. Errors: protocol.
std::string note_of(const PreviousSet& previous);
Result<PreviousSet> read_note(const std::string& set, const std::string& note);

struct UpgradeRecord {
    std::string operation, context, instance, ns, system;
    UpgradeState before;
    std::vector<PreviousSet> sets;
    std::string path;  // of the file
};

// Gives its path, JOURNALS/upgrade-OPERATION.json: what `upgrade check --json` prints, and the images. Errors: io.
Result<std::string> save_record(const Environment& environment, const UpgradeRecord& record);

// The newest one of this instance, or of this operation when one is named; nullopt: there is none that can be read.
std::optional<UpgradeRecord> find_record(const Environment& environment, const std::string& context,
                                         const std::string& ns, const std::string& instance,
                                         const std::string& operation = {});

}  // namespace redisctl
