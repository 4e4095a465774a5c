// One kubeconfig as it stands: names and texts, nothing resolved, nothing checked but its shape. yaml-cpp is known here
// only.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "kube/config.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::kube {

// `file` of an entry: the kubeconfig that holds it; relative paths in the entry start at its folder.
struct ClusterEntry {
    std::string file;
    std::string server, tls_server_name, proxy_url, ca_file, ca_data;
    bool insecure = false, disable_compression = false;
    std::string exec_extension_json;  // extensions[client.authentication.k8s.io/exec]
};

struct UserEntry {
    std::string file;
    std::string cert_file, cert_data, key_file, token_file, username;
    Secret key_data, token, password;
    Impersonation impersonate;
    std::optional<ExecPlugin> exec;  // its command as written
    std::string auth_provider;
    Secret id_token;  // auth-provider.config.id-token
};

struct ContextEntry {
    std::string file;
    std::string cluster, user, ns;
};

template <class Entry>
using Entries = std::map<std::string, Entry, std::less<>>;

struct Kubeconfig {
    std::string current_context;
    Entries<ClusterEntry> clusters;
    Entries<UserEntry> users;
    Entries<ContextEntry> contexts;

    bool empty() const { return current_context.empty() && clusters.empty() && users.empty() && contexts.empty(); }
};

constexpr size_t kMaxKubeconfigBytes = 4 << 20;

// `file` names it in errors and entries. An empty text is an empty config; unknown fields are ignored. Never overflows
// the stack, and what aliases expand to is capped. Errors (usage): larger than kMaxKubeconfigBytes, no text, no YAML
// (with line and column), no kubeconfig, a field of another type, a name twice in one list.
Result<Kubeconfig> parse_kubeconfig(std::string_view text, const std::string& file);

}  // namespace redisctl::kube
