#include "kube/exec_plugin.h"

#include "base/text.h"
#include "kube/child_process.h"
#include "kube/json_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

#include <unistd.h>

namespace redisctl::kube {

namespace {

using nlohmann::json;

constexpr size_t kMaxAnswerBytes = 1 << 20;

std::string plugin_name(std::string_view command) {
    return fmt::format("credential plugin {}", printable(command));
}

Result<bool> wants_stdin(const ExecPlugin& plugin) {
    const bool terminal = ::isatty(STDIN_FILENO) != 0;
    if (plugin.interactive_mode == "Always" && !terminal)
        return fail(ErrorCode::unauthenticated, fmt::format("{} needs a terminal", plugin_name(plugin.command)),
                    "its interactiveMode is Always and stdin is no terminal");
    return terminal && plugin.interactive_mode != "Never";
}

// The same error, in the words of the plugin's caller.
Error explain(Error error, const ExecPlugin& plugin) {
    const std::string name = plugin_name(plugin.command);
    if (error.code == ErrorCode::interrupted) return error;
    if (error.reason == "MISSING")
        return Error{ErrorCode::unauthenticated,
                     name + " was not found",
                     std::move(error.cause),
                     printable(plugin.install_hint),
                     {}};
    if (error.code == ErrorCode::timeout)
        return Error{ErrorCode::unauthenticated,
                     name + " did not end in time",
                     "it was stopped",
                     "run kubectl get pods, which runs it too",
                     {}};
    if (error.code == ErrorCode::protocol)
        return Error{
            ErrorCode::unauthenticated, name + " answered no ExecCredential", std::move(error.message), {}, {}};
    return Error{ErrorCode::unauthenticated,
                 name + " cannot be started",
                 std::move(error.cause),
                 printable(plugin.install_hint),
                 {}};
}

}  // namespace

std::string exec_info(const ClusterConfig& config, bool interactive) {
    const ExecPlugin& plugin = *config.user.exec;
    json spec{{"interactive", interactive}};
    if (plugin.provide_cluster_info) {
        json cluster{{"server", config.server}};
        if (!config.tls_server_name.empty()) cluster["tls-server-name"] = config.tls_server_name;
        if (config.insecure) cluster["insecure-skip-tls-verify"] = true;
        if (!config.ca_pem.empty()) cluster["certificate-authority-data"] = base64_encode(config.ca_pem);
        if (!config.proxy_url.empty()) cluster["proxy-url"] = config.proxy_url;
        if (config.disable_compression) cluster["disable-compression"] = true;
        auto extension = json::parse(config.user.exec->cluster_extension_json, nullptr, false);
        if (!extension.is_discarded()) cluster["config"] = std::move(extension);
        spec["cluster"] = std::move(cluster);
    }
    json info{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", std::move(spec)}};
    return info.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<ExecCredential> parse_exec_credential(std::string_view text, std::string_view api_version,
                                             std::string_view command) {
    auto wrong = [&](std::string cause) {
        return fail(ErrorCode::unauthenticated, plugin_name(command) + " answered no usable ExecCredential",
                    std::move(cause));
    };
    json answer = json::parse(text, nullptr, false);
    if (!answer.is_object()) return wrong("its output is no JSON object");
    if (std::string kind = text_at(answer, "kind"); kind != "ExecCredential")
        return wrong(fmt::format("the kind is '{}'", printable(kind)));
    if (std::string version = text_at(answer, "apiVersion"); version != api_version)
        return wrong(fmt::format("the apiVersion is '{}' and not the configured '{}'", printable(version),
                                 printable(api_version)));

    const json& status = member(answer, "status");
    if (!status.is_object()) return wrong("it has no status");
    ExecCredential credential;
    credential.token = Secret(text_at(status, "token"));
    credential.client_cert_pem = text_at(status, "clientCertificateData");
    credential.client_key_pem = Secret(text_at(status, "clientKeyData"));
    if (credential.client_cert_pem.empty() != credential.client_key_pem.empty())
        return wrong("it has a client certificate or a key, not both");
    if (credential.token.empty() && credential.client_cert_pem.empty())
        return wrong("it has neither a token nor a client certificate");
    if (const json& expires = member(status, "expirationTimestamp"); !expires.is_null()) {
        credential.expires_at =
            expires.is_string() ? parse_rfc3339(expires.get_ref<const std::string&>()) : std::nullopt;
        if (!credential.expires_at) return wrong("its expirationTimestamp is no time");
    }
    return credential;
}

Result<ExecCredential> run_exec_plugin(const ClusterConfig& config, Deadline deadline, int interrupt_fd) {
    const ExecPlugin& plugin = *config.user.exec;
    TRY_ASSIGN(bool interactive, wants_stdin(plugin));
    Child child{plugin.command, plugin.args, plugin.env, interactive};
    child.env.emplace_back("KUBERNETES_EXEC_INFO", exec_info(config, interactive));
    auto ran = run_child(child, kMaxAnswerBytes, deadline, interrupt_fd);
    if (!ran) return fail(explain(std::move(ran).error(), plugin));
    if (ran->exit_code != 0)
        return fail(ErrorCode::unauthenticated, plugin_name(plugin.command) + " failed",
                    fmt::format("exit code {}", ran->exit_code), "sign in again as its own message says");
    return parse_exec_credential(ran->out.reveal(), plugin.api_version, plugin.command);
}

}  // namespace redisctl::kube
