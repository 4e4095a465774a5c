// The flags that commands share, as data for the parser, the help, the completions and the man pages; and what their
// values mean.
#pragma once

#include "base/result.h"
#include "commands/command.h"
#include "commands/globals.h"
#include "output/format.h"
#include "output/output.h"
#include "output/terminal.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::cli {

// The values as they were typed; the options of shared_flags() write here.
struct TypedFlags {
    std::string ns, selector, instance, master_name, system;
    std::vector<std::string> nodes, hosts, sentinels, as_groups;
    bool all_namespaces = false;
    std::string context, kubeconfig, as, request_timeout, tls_server_name, via;
    bool insecure_skip_tls_verify = false;
    PasswordFlags redis, sentinel;
    bool tls = false, insecure = false, read_only = false;
    std::string cacert, cert, key, sni, timeout;
    std::string format, fail_on, color;
    std::vector<std::string> words;  // those but the output's, as argv had them
    bool json = false, no_headers = false, quiet = false, verbose = false, help = false;
};

inline constexpr std::string_view kOutputFlags = "Output";

struct FlagGroup {
    std::string_view title;
    std::vector<Option> options;
};

// Those that the command takes, in the order of the help. `typed` must outlive what is returned.
std::vector<FlagGroup> shared_flags(TypedFlags& typed, Uses uses, Group group);

// Everything checked, except what needs a file or the network.
struct CheckedFlags {
    Globals globals;
    output::Format format = output::Format::table;
    output::Headers headers = output::Headers::shown;
    output::ColorWhen color = output::ColorWhen::automatic;
    output::Verbosity verbosity = output::Verbosity::normal;
    bool read_only = false;  // --read-only: as $REDISCTL_READ_ONLY
};

// Errors (usage): a value that is none of its kind, flags that contradict one another (both are named), one without the
// other that it needs.
Result<CheckedFlags> check(const TypedFlags& typed);

}  // namespace redisctl::cli
