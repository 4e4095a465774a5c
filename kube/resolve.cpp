#include "kube/resolve.h"

#include "base/text.h"
#include "kube/jwt.h"
#include "kube/local_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

namespace redisctl::kube {

namespace {

std::string named(std::string_view kind, const std::string& name) {
    return fmt::format("{} '{}'", kind, printable(name));
}

bool holds_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Relative to the folder of the kubeconfig that names it.
std::string beside(const std::string& path, const std::string& kubeconfig) {
    std::error_code ignored;
    auto folder = std::filesystem::absolute(kubeconfig, ignored).parent_path();
    return (folder / path).lexically_normal().string();
}

// One certificate or key, as PEM: `data` (base64) when there is one, else the file; empty when there is neither.
Result<std::string> read_pem(std::string_view data, const std::string& file, const std::string& kubeconfig,
                             const std::string& owner, std::string_view field) {
    std::string pem;
    if (!trim(data).empty()) {
        auto decoded = base64_decode(data);
        if (!decoded) return fail(ErrorCode::usage, fmt::format("{}-data of {} is no base64", field, owner));
        pem = std::move(*decoded);
    } else if (!file.empty()) {
        auto read = read_local_file(beside(file, kubeconfig), kMaxPemBytes);
        if (!read)
            return fail(ErrorCode::usage, fmt::format("{} of {} cannot be read", field, owner),
                        fmt::format("{}: {}", printable(beside(file, kubeconfig)), read.error().cause));
        pem = std::move(*read);
    } else {
        return pem;
    }
    if (pem.find("-----BEGIN ") == std::string::npos)
        return fail(ErrorCode::usage, fmt::format("{} of {} holds no PEM block", field, owner));
    return pem;
}

Result<void> check_proxy(const std::string& url, const std::string& owner) {
    if (url.empty()) return {};
    // Only the scheme is shown: the rest may carry a password.
    std::string scheme = lower(std::string_view(url).substr(0, std::min(url.find("://"), url.size())));
    if (url.find("://") == std::string::npos || holds_control(url))
        return fail(ErrorCode::usage, fmt::format("proxy-url of {} is no URL", owner));
    if (scheme != "http" && scheme != "https" && scheme != "socks5" && scheme != "socks5h")
        return fail(ErrorCode::usage, fmt::format("proxy-url of {} has the scheme '{}'", owner, printable(scheme)), {},
                    "http, https and socks5 are known");
    return {};
}

Result<ExecPlugin> resolve_exec(const UserEntry& entry, const std::string& owner) {
    ExecPlugin plugin = *entry.exec;
    auto wrong = [&](std::string cause, std::string hint = {}) {
        return fail(ErrorCode::usage, fmt::format("the credential plugin of {} cannot be used", owner),
                    std::move(cause), std::move(hint));
    };
    if (plugin.command.empty()) return wrong("exec names no command");
    bool v1 = plugin.api_version == "client.authentication.k8s.io/v1";
    if (plugin.api_version.empty()) return wrong("exec names no apiVersion");
    if (!v1 && plugin.api_version != "client.authentication.k8s.io/v1beta1")
        return wrong(
            fmt::format("its apiVersion is {}", printable(plugin.api_version)),
            "client.authentication.k8s.io/v1 and v1beta1 are known: update the plugin and the kubeconfig entry");
    if (plugin.interactive_mode.empty() && v1)
        return wrong("exec names no interactiveMode", "add interactiveMode: IfAvailable to the entry");
    if (plugin.interactive_mode.empty()) plugin.interactive_mode = "IfAvailable";
    if (plugin.interactive_mode != "Never" && plugin.interactive_mode != "IfAvailable" &&
        plugin.interactive_mode != "Always")
        return wrong(fmt::format("its interactiveMode is {}", printable(plugin.interactive_mode)),
                     "Never, IfAvailable and Always are known");
    for (const auto& [name, value] : plugin.env)
        if (name.empty() || name.find('=') != std::string::npos)
            return wrong("exec names an environment variable that is none");
    if (plugin.command.find('/') != std::string::npos) plugin.command = beside(plugin.command, entry.file);
    return plugin;
}

// auth-provider, which client-go has dropped but for oidc: an unexpired id-token is a bearer token, nothing is
// refreshed here.
Result<Secret> auth_provider_token(const UserEntry& entry, const std::string& owner) {
    if (entry.auth_provider == "oidc") {
        if (entry.id_token.empty())
            return fail(ErrorCode::usage, fmt::format("{} has no id-token", owner),
                        "its auth-provider is oidc, whose tokens are not fetched here",
                        "use the exec plugin kubelogin (kubectl oidc-login)");
        auto expires = jwt_expiry(trim(entry.id_token.reveal()));
        auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
                       .count();
        if (!expires || *expires <= now + 10)
            return fail(
                ErrorCode::usage, fmt::format("the id-token of {} has expired", owner),
                "its auth-provider is oidc, whose tokens are not refreshed here",
                "run kubectl get pods, which refreshes it, or use the exec plugin kubelogin (kubectl oidc-login)");
        return entry.id_token;
    }
    std::string hint =
        entry.auth_provider == "gcp"
            ? "install gke-gcloud-auth-plugin, then run gcloud container clusters get-credentials CLUSTER"
        : entry.auth_provider == "azure"
            ? "install kubelogin, then run kubelogin convert-kubeconfig"
            : "use an exec plugin: kubelogin for OpenID and Azure, gke-gcloud-auth-plugin for Google";
    return fail(ErrorCode::usage,
                fmt::format("{} signs in with auth-provider '{}'", owner, printable(entry.auth_provider)),
                "Kubernetes replaced it by exec plugins in 1.26", hint);
}

}  // namespace

Result<std::string> server_url(const std::string& text, bool tls, const std::string& owner) {
    auto wrong = [&](std::string cause) {
        return fail(ErrorCode::usage, fmt::format("the server of {} is no URL", owner), std::move(cause),
                    "write it as https://HOST:PORT");
    };
    if (holds_control(text) || text.find(' ') != std::string::npos)
        return wrong("it holds blanks or control characters");
    std::string_view rest = std::string_view(text).substr(0, text.find_first_of("?#"));
    std::string scheme = tls ? "https" : "http";
    if (size_t end = rest.find("://"); end != std::string_view::npos) {
        scheme = lower(rest.substr(0, end));
        rest.remove_prefix(end + 3);
        if (scheme != "https" && scheme != "http") return wrong(fmt::format("its scheme is {}", printable(scheme)));
    } else if (rest.find('/') != std::string_view::npos) {
        return wrong("it has a path and no scheme");
    }
    std::string_view authority = rest.substr(0, rest.find('/'));
    if (authority.empty() || authority.starts_with(':')) return wrong("it has no host");
    if (authority.find('@') != std::string_view::npos) return wrong("a user name or password stands in it");
    while (rest.ends_with('/')) rest.remove_suffix(1);
    return fmt::format("{}://{}", scheme, rest);
}

Result<void> resolve_cluster(const std::string& name, const ClusterEntry& entry, const ConfigFlags& flags,
                             ClusterConfig& out) {
    const std::string owner = named("cluster", name);
    const bool has_ca = !entry.ca_data.empty() || !entry.ca_file.empty();
    if (entry.server.empty())
        return fail(ErrorCode::usage, fmt::format("{} names no server", owner), printable(entry.file));
    if (entry.insecure && has_ca && !flags.insecure)
        return fail(ErrorCode::usage,
                    fmt::format("{} has both insecure-skip-tls-verify and a certificate-authority", owner),
                    printable(entry.file), "remove one of the two");
    TRY(check_proxy(entry.proxy_url, owner));
    out.cluster = name;
    out.insecure = entry.insecure || flags.insecure;
    TRY_ASSIGN(out.server, server_url(entry.server, has_ca || out.insecure, owner));
    if (!out.insecure) {
        TRY_ASSIGN(out.ca_pem, read_pem(entry.ca_data, entry.ca_file, entry.file, owner, "certificate-authority"));
    }
    out.tls_server_name = flags.tls_server_name.empty() ? entry.tls_server_name : flags.tls_server_name;
    out.proxy_url = entry.proxy_url;
    out.disable_compression = entry.disable_compression;
    return {};
}

Result<void> resolve_user(const std::string& name, const UserEntry& entry, UserConfig& out) {
    const std::string owner = named("user", name);
    const bool bearer = !entry.token.empty() || !entry.token_file.empty(),
               basic = !entry.username.empty() || !entry.password.empty();
    if (bearer && basic)
        return fail(ErrorCode::usage, fmt::format("{} has both a token and a password", owner), printable(entry.file),
                    "remove one of the two");
    if (entry.exec && !entry.auth_provider.empty())
        return fail(ErrorCode::usage, fmt::format("{} has both an exec plugin and an auth-provider", owner),
                    printable(entry.file), "remove the auth-provider");
    out.name = name;
    TRY_ASSIGN(out.client_cert_pem,
               read_pem(entry.cert_data, entry.cert_file, entry.file, owner, "client-certificate"));
    if (!out.client_cert_pem.empty()) {
        TRY_ASSIGN(std::string key, read_pem(entry.key_data.reveal(), entry.key_file, entry.file, owner, "client-key"));
        if (key.empty())
            return fail(ErrorCode::usage, fmt::format("{} has a client-certificate and no client-key", owner),
                        printable(entry.file));
        out.client_key_pem = Secret(std::move(key));
    }
    out.token = entry.token;
    if (!entry.token_file.empty()) out.token_file = beside(entry.token_file, entry.file);
    out.username = entry.username;
    out.password = entry.password;
    if (entry.exec) {
        TRY_ASSIGN(out.exec, resolve_exec(entry, owner));
    }
    if (!entry.auth_provider.empty()) {
        TRY_ASSIGN(out.token, auth_provider_token(entry, owner));
    }
    out.impersonate = entry.impersonate;
    return {};
}

Result<void> resolve_impersonation(const ConfigFlags& flags, UserConfig& out) {
    Impersonation& as = out.impersonate;
    if (!flags.as.empty()) as.user = flags.as;
    if (!flags.as_uid.empty()) as.uid = flags.as_uid;
    if (!flags.as_groups.empty()) as.groups = flags.as_groups;
    if (as.user.empty() && (!as.uid.empty() || !as.groups.empty() || !as.extra.empty()))
        return fail(ErrorCode::usage, "a group, uid or extra field is impersonated without a user", {},
                    "add --as USER");
    bool unsafe =
        holds_control(as.user) || holds_control(as.uid) ||
        std::any_of(as.groups.begin(), as.groups.end(), holds_control) ||
        std::any_of(as.extra.begin(), as.extra.end(), [](const auto& extra) { return holds_control(extra.second); });
    if (unsafe) return fail(ErrorCode::usage, "the name to impersonate holds control characters");
    return {};
}

}  // namespace redisctl::kube
