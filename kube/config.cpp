#include "kube/config.h"

#include "base/text.h"
#include "kube/kubeconfig_file.h"
#include "kube/local_file.h"
#include "kube/names.h"
#include "kube/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace redisctl::kube {

namespace {

struct Found {
    Kubeconfig config;
    std::vector<std::string> tried;
};

// The first that has an entry wins it whole; the first that sets current-context wins that.
void merge(Kubeconfig& into, Kubeconfig&& next) {
    if (into.current_context.empty()) into.current_context = std::move(next.current_context);
    into.clusters.merge(next.clusters);
    into.users.merge(next.users);
    into.contexts.merge(next.contexts);
}

std::string env_or_empty(const ConfigSources& sources, const std::string& name) {
    return sources.env(name).value_or("");
}

Result<Found> find_kubeconfig(const ConfigFlags& flags, const ConfigSources& sources) {
    Found found;
    if (!flags.kubeconfig.empty()) {
        found.tried = {flags.kubeconfig};
    } else if (std::string list = env_or_empty(sources, "KUBECONFIG"); !list.empty()) {
        for (std::string_view path : split(list, ':'))
            if (!path.empty() && std::find(found.tried.begin(), found.tried.end(), path) == found.tried.end())
                found.tried.emplace_back(path);
    } else if (std::string home = env_or_empty(sources, "HOME"); !home.empty()) {
        found.tried = {home + "/.kube/config"};
    }
    for (const std::string& path : found.tried) {
        auto text = read_local_file(path, kMaxKubeconfigBytes);
        if (!text && text.error().reason == "MISSING" && flags.kubeconfig.empty()) continue;
        if (!text)
            return fail(ErrorCode::usage, fmt::format("kubeconfig {} cannot be read", printable(path)),
                        text.error().cause);
        TRY_ASSIGN(Kubeconfig config, parse_kubeconfig(*text, path));
        merge(found.config, std::move(config));
    }
    return found;
}

std::string joined(const std::vector<std::string>& words) {
    constexpr size_t shown = 10;
    std::string text;
    for (size_t i = 0; i < std::min(words.size(), shown); ++i) text += (i == 0 ? "" : ", ") + printable(words[i]);
    if (words.size() > shown) text += fmt::format(" and {} more", words.size() - shown);
    return text;
}

template <class Entry>
std::vector<std::string> names(const Entries<Entry>& entries) {
    std::vector<std::string> out;
    for (const auto& [name, entry] : entries) out.push_back(name);
    std::sort(out.begin(), out.end(), natural_less);
    return out;
}

// The entry, or an error with the names there are and the one that was probably meant. `subject` is "context 'prod'",
// `flag` what chooses another, when there is one.
template <class Entry>
Result<const Entry*> pick(const Entries<Entry>& entries, const std::string& name, const std::string& subject,
                          std::string_view flag) {
    if (auto entry = entries.find(name); entry != entries.end()) return &entry->second;
    std::vector<std::string> there = names(entries);
    Error error{ErrorCode::usage,
                fmt::format("{} does not exist", subject),
                there.empty() ? "the kubeconfig has none" : "there are: " + joined(there),
                {},
                {}};
    if (auto near = nearest(name, there)) error.hint = fmt::format("did you mean {}{}?", flag, printable(*near));
    return fail(std::move(error));
}

// A DNS label (RFC 1123), which every namespace is; anything else would only end up in a URL.
bool is_namespace(std::string_view name) {
    auto letter_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 63 && letter_or_digit(name.front()) && letter_or_digit(name.back()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return letter_or_digit(c) || c == '-'; });
}

Result<void> resolve_namespace(const ConfigFlags& flags, const std::string& otherwise, ClusterConfig& out) {
    out.ns = !flags.ns.empty() ? flags.ns : !otherwise.empty() ? otherwise : "default";
    if (is_namespace(out.ns)) return {};
    return fail(ErrorCode::usage, fmt::format("'{}' is no namespace", printable(out.ns)),
                "small letters, digits and '-' are allowed, at most 63");
}

// client-go rest/config.go InClusterConfig and clientcmd/client_config.go inClusterClientConfig.
Result<ClusterConfig> in_cluster_config(const ConfigFlags& flags, const ConfigSources& sources) {
    const std::string& folder = sources.service_account_dir;
    const std::string host = env_or_empty(sources, "KUBERNETES_SERVICE_HOST"),
                      port = env_or_empty(sources, "KUBERNETES_SERVICE_PORT");
    const bool bare_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
    ClusterConfig out;
    out.context = out.cluster = out.user.name = "in-cluster";
    out.in_cluster = true;
    TRY_ASSIGN(out.server, server_url(fmt::format("https://{}:{}", bare_ipv6 ? "[" + host + "]" : host, port), true,
                                      "the pod's environment"));

    out.user.token_file = folder + "/token";
    if (auto token = read_local_file(out.user.token_file, kMaxPemBytes); !token)
        return fail(ErrorCode::usage, "there is no kubeconfig, and this pod has no service account token",
                    fmt::format("{}: {}", out.user.token_file, token.error().cause),
                    "set automountServiceAccountToken: true, or pass --kubeconfig FILE");
    out.insecure = flags.insecure;
    if (!out.insecure) {
        auto ca = read_local_file(folder + "/ca.crt", kMaxPemBytes);
        if (!ca)
            return fail(ErrorCode::usage, "the CA of this pod's service account cannot be read",
                        fmt::format("{}/ca.crt: {}", folder, ca.error().cause));
        out.ca_pem = std::move(*ca);
    }
    out.tls_server_name = flags.tls_server_name;
    std::string ns = env_or_empty(sources, "POD_NAMESPACE");
    if (ns.empty()) ns = trim(read_local_file(folder + "/namespace", 4096).value_or(""));
    TRY(resolve_namespace(flags, ns, out));
    TRY(resolve_impersonation(flags, out.user));
    return out;
}

Result<ClusterConfig> no_kubeconfig(const ConfigFlags& flags, const ConfigSources& sources,
                                    const std::vector<std::string>& tried) {
    bool nothing_named = flags.context.empty() && flags.cluster.empty() && flags.user.empty();
    if (nothing_named && !env_or_empty(sources, "KUBERNETES_SERVICE_HOST").empty() &&
        !env_or_empty(sources, "KUBERNETES_SERVICE_PORT").empty())
        return in_cluster_config(flags, sources);
    if (!flags.kubeconfig.empty())
        return fail(ErrorCode::usage, fmt::format("kubeconfig {} is empty", printable(flags.kubeconfig)));
    return fail(ErrorCode::usage, "no kubeconfig was found",
                tried.empty() ? "neither KUBECONFIG nor HOME is set" : "looked at: " + joined(tried),
                "pass --kubeconfig FILE or set KUBECONFIG; without Kubernetes, name the nodes: --host HOST:PORT");
}

}  // namespace

Result<ClusterConfig> load_config(const ConfigFlags& flags, const ConfigSources& sources) {
    TRY_ASSIGN(Found found, find_kubeconfig(flags, sources));
    const Kubeconfig& config = found.config;
    if (config.empty()) return no_kubeconfig(flags, sources, found.tried);

    ClusterConfig out;
    out.context = flags.context.empty() ? config.current_context : flags.context;
    const ContextEntry none;
    const ContextEntry* context = &none;
    if (!out.context.empty()) {
        TRY_ASSIGN(context, pick(config.contexts, out.context,
                                 fmt::format("{} '{}'", flags.context.empty() ? "current context" : "context",
                                             printable(out.context)),
                                 "--context "));
    } else if (flags.cluster.empty()) {
        return fail(
            ErrorCode::usage, "no current context is set",
            config.contexts.empty() ? "the kubeconfig has none" : "there are: " + joined(names(config.contexts)),
            "pass --context NAME, or run kubectl config use-context NAME");
    }

    const std::string& cluster_name = flags.cluster.empty() ? context->cluster : flags.cluster;
    const std::string& user_name = flags.user.empty() ? context->user : flags.user;
    const std::string of_context = out.context.empty() ? "" : fmt::format(" of context '{}'", printable(out.context));
    if (cluster_name.empty())
        return fail(ErrorCode::usage, fmt::format("context '{}' names no cluster", printable(out.context)),
                    printable(context->file));
    TRY_ASSIGN(
        const ClusterEntry* cluster,
        pick(config.clusters, cluster_name,
             fmt::format("cluster '{}'{}", printable(cluster_name), flags.cluster.empty() ? of_context : ""), ""));
    TRY(resolve_cluster(cluster_name, *cluster, flags, out));

    if (!user_name.empty()) {
        TRY_ASSIGN(const UserEntry* user,
                   pick(config.users, user_name,
                        fmt::format("user '{}'{}", printable(user_name), flags.user.empty() ? of_context : ""), ""));
        // As client-go: nothing secret is sent in the clear.
        if (out.server.starts_with("https:")) {
            TRY(resolve_user(user_name, *user, out.user));
            if (out.user.exec) out.user.exec->cluster_extension_json = cluster->exec_extension_json;
        } else {
            out.user.name = user_name;
            out.user.impersonate = user->impersonate;
        }
    }
    TRY(resolve_impersonation(flags, out.user));
    TRY(resolve_namespace(flags, context->ns, out));
    return out;
}

Result<std::vector<std::string>> context_names(const ConfigFlags& flags, const ConfigSources& sources) {
    TRY_ASSIGN(Found found, find_kubeconfig(flags, sources));
    return names(found.config.contexts);
}

}  // namespace redisctl::kube
