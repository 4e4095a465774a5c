#include "kube/credentials.h"

#include "base/text.h"
#include "kube/exec_plugin.h"
#include "kube/jwt.h"
#include "kube/local_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace redisctl::kube {

namespace {

// client-go transport/token_source.go: a minute, less 10 s of leeway.
constexpr std::chrono::seconds kTokenFileAge{50};
constexpr std::chrono::seconds kPluginLimit{60};
// In the middle of something everything else waits for it, and locks run out.
constexpr std::chrono::seconds kRenewalLimit{10};
constexpr size_t kMaxTokenBytes = 64 * 1024;

// client-go transport/round_trippers.go headerKeyEscape: what cannot stand in a header's name, and '%', becomes %XX.
std::string escaped_key(std::string_view key) {
    constexpr std::string_view also_allowed = "!#$&'*+-.^_`|~";
    std::string out;
    for (char c : key) {
        bool allowed = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       also_allowed.find(c) != std::string_view::npos;
        out += allowed ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::vector<std::string> impersonation_headers(const Impersonation& as) {
    std::vector<std::string> headers;
    if (!as.user.empty()) headers.push_back("Impersonate-User: " + as.user);
    if (!as.uid.empty()) headers.push_back("Impersonate-Uid: " + as.uid);
    for (const std::string& group : as.groups) headers.push_back("Impersonate-Group: " + group);
    for (const auto& [key, value] : as.extra)
        headers.push_back(fmt::format("Impersonate-Extra-{}: {}", escaped_key(key), value));
    return headers;
}

// Errors: a token that would break out of its header line.
Result<Secret> bearer(const Secret& token, const UserConfig& user) {
    std::string_view text = trim(token.reveal());
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        return fail(ErrorCode::unauthenticated,
                    fmt::format("the token of user '{}' holds control characters", printable(user.name)));
    return Secret(text.empty() ? std::string() : fmt::format("Bearer {}", text));
}

int64_t epoch_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

Credentials::Credentials(const ClusterConfig& config, CredentialSources sources)
    : config_(config), sources_(std::move(sources)) {}

Result<Identity> Credentials::current() {
    if (cached_ && !stale()) return *cached_;
    Identity identity;
    identity.headers = impersonation_headers(config_.user.impersonate);
    identity.client_cert_pem = config_.user.client_cert_pem;
    identity.client_key_pem = config_.user.client_key_pem;
    TRY(authorize(identity));
    read_at_ = sources_.now();
    cached_ = identity;
    return identity;
}

// What client-go does when several are set: the token file before the token before basic before the plugin.
Result<void> Credentials::authorize(Identity& identity) {
    const UserConfig& user = config_.user;
    if (!user.token_file.empty()) {
        TRY_ASSIGN(Secret token, file_token());
        TRY_ASSIGN(identity.authorization, bearer(token, user));
    } else if (!user.token.empty()) {
        TRY_ASSIGN(identity.authorization, bearer(user.token, user));
        expires_at_ = jwt_expiry(trim(user.token.reveal()));
    } else if (!user.username.empty() || !user.password.empty()) {
        identity.authorization =
            Secret("Basic " + base64_encode(fmt::format("{}:{}", user.username, user.password.reveal())));
    } else if (user.exec) {
        const Deadline limit = Deadline::after(renewing_ ? kRenewalLimit : kPluginLimit);
        TRY_ASSIGN(ExecCredential credential, run_exec_plugin(config_, limit, sources_.interrupt_fd()));
        TRY_ASSIGN(identity.authorization, bearer(credential.token, user));
        if (!credential.client_cert_pem.empty()) {
            identity.client_cert_pem = std::move(credential.client_cert_pem);
            identity.client_key_pem = std::move(credential.client_key_pem);
        }
        expires_at_ = credential.expires_at;
    }
    return {};
}

// The file's, else the last one that it had, else the kubeconfig's own token.
Result<Secret> Credentials::file_token() {
    const std::string& path = config_.user.token_file;
    auto text = read_local_file(path, kMaxTokenBytes);
    if (text && !trim(*text).empty()) {
        last_file_token_ = Secret(std::move(*text));
        return last_file_token_;
    }
    if (!last_file_token_.empty()) return last_file_token_;
    if (!config_.user.token.empty()) return config_.user.token;
    return fail(ErrorCode::unauthenticated, fmt::format("token file {} cannot be used", printable(path)),
                text ? "it is empty" : text.error().cause);
}

bool Credentials::from_plugin() const {
    const UserConfig& user = config_.user;
    return user.exec && user.token.empty() && user.token_file.empty() && user.username.empty() && user.password.empty();
}

bool Credentials::stale() const {
    if (!config_.user.token_file.empty()) return sources_.now() - read_at_ >= kTokenFileAge;
    return from_plugin() && expires_at_ && *expires_at_ <= epoch_now();
}

bool Credentials::refresh() {
    renewing_ = true;
    cached_.reset();
    expires_at_.reset();
    return !config_.user.token_file.empty() || from_plugin();
}

std::optional<int64_t> Credentials::remaining_seconds() const {
    if (!cached_ || !expires_at_) return std::nullopt;
    return *expires_at_ - epoch_now();
}

}  // namespace redisctl::kube
