// kubeconfig, read and merged as kubectl does, and the in-cluster files. Reads files, opens no connection, runs no
// plugin. Rules: client-go tools/clientcmd/{loader,client_config,overrides}.go.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace redisctl::kube {

// users[].user.exec: a credential plugin (client.authentication.k8s.io/v1 and v1beta1).
struct ExecPlugin {
    std::string api_version, command, install_hint;
    std::string interactive_mode;  // Never | IfAvailable | Always
    std::vector<std::string> args;
    std::vector<std::pair<std::string, std::string>> env;
    bool provide_cluster_info = false;
    std::string cluster_extension_json;  // extensions[client.authentication.k8s.io/exec] as JSON; empty when none
};

struct Impersonation {
    std::string user, uid;
    std::vector<std::string> groups;
    std::vector<std::pair<std::string, std::string>> extra;
};

struct UserConfig {
    std::string name;
    std::string client_cert_pem;
    Secret client_key_pem;
    Secret token;
    std::string token_file;  // absolute; re-read by Credentials
    std::string username;
    Secret password;
    std::optional<ExecPlugin> exec;
    Impersonation impersonate;
};

struct ClusterConfig {
    std::string context;  // name of the context; "in-cluster" inside a pod
    std::string cluster;  // name of the cluster
    std::string server;   // https://host:port/prefix, without a trailing slash
    std::string ns;       // context's namespace, "default" when none
    std::string ca_pem;   // empty: the system's CAs
    std::string tls_server_name, proxy_url;
    bool insecure = false, disable_compression = false, in_cluster = false;
    UserConfig user;
};

struct ConfigFlags {
    std::string kubeconfig, context, cluster, user;  // empty: not given
    std::string ns, tls_server_name;
    bool insecure = false;
    std::string as, as_uid;
    std::vector<std::string> as_groups;
};

// Everything from outside, so that tests need no real home and no real pod.
struct ConfigSources {
    std::function<std::optional<std::string>(const std::string&)> env;  // getenv
    std::string service_account_dir = "/var/run/secrets/kubernetes.io/serviceaccount";
};

// Errors (all `usage` but for what says otherwise): no kubeconfig and not in a cluster, a named file missing, invalid
// YAML with its line, unknown context (with the names there are and the nearest one), missing cluster or user entry,
// duplicate name in one file, both insecure and a CA, unreadable certificate, a bad base64.
Result<ClusterConfig> load_config(const ConfigFlags& flags, const ConfigSources& sources);

}  // namespace redisctl::kube
