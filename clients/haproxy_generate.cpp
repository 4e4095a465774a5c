#include "clients/haproxy_generate.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace redisctl::clients {

namespace {

// An argument of a Redis inline command, between double quotes: redis src/sds.c sdssplitargs.
std::string inline_quoted(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += std::string("\\") + c;
        else if (std::iscntrl(static_cast<unsigned char>(c)))
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out;
}

// Between double quotes of haproxy.cfg: its configuration manual, section 2.2.
std::string file_quoted(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\' || c == '$') out += '\\';
        out += c;
    }
    return out;
}

bool is_ipv4(std::string_view host) {
    return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_ip(std::string_view host) {
    return is_ipv4(host) || host.find(':') != std::string_view::npos;
}

// It stands in the file as one word.
bool is_word(std::string_view host) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [](const char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == ':' || c == '-' || c == '_' || c == '%';
    });
}

class Writer {
  public:
    Writer(const Upstream& upstream, const HaproxyWish& wish) : upstream_(upstream), wish_(wish) {
        named_ = upstream_.in_kubernetes() &&
                 std::any_of(upstream_.nodes.begin(), upstream_.nodes.end(),
                             [](const UpstreamNode& node) { return !is_ip(node.address.host); });
    }

    std::string write() {
        head();
        global();
        defaults();
        if (named_) resolvers();
        frontends();
        write_backend();
        read_backend();
        return std::move(out_);
    }

  private:
    template <class... Args>
    void line(fmt::format_string<Args...> format, Args&&... args) {
        out_ += fmt::format(format, std::forward<Args>(args)...) + '\n';
    }

    bool shows_password() const { return wish_.with_secrets && upstream_.redis.read; }
    bool needs_variable() const { return upstream_.redis.login && !shows_password(); }

    void head() {
        std::string names;
        for (const UpstreamNode& node : upstream_.nodes) names += (names.empty() ? "" : ", ") + printable(node.name);
        line("# HAProxy in front of Redis {}, written by redisctl haproxy generate.", printable(upstream_.full_name()));
        line("# Nodes: {}. Write it again when one is added or removed.", names);
        line("# Which of them is the master is asked by the checks below, {} times a second, and is written nowhere.",
             std::max<int64_t>(1, 1000 / std::max<int64_t>(1, wish_.interval.count())));
        line("#");
        line("#   port {}: writes, and reads that must see them: the master alone", wish_.write_port);
        line("#   port {}: reads: the replicas whose link to the master is up", wish_.read_port);
        line("# HAProxy passes Redis' bytes through and sees no commands, so one port cannot tell writes from reads.");
        line("#");
        line(
            "# Run at least two HAProxys: one alone is what all clients lose together. Clients must connect again and");
        line(
            "# repeat when a connection ends, or when a write is answered with READONLY: that is what a switch looks "
            "like.");
        if (needs_variable()) password_comment();
        if (upstream_.redis.login && shows_password())
            line("#\n# The password stands in this file: only HAProxy may be able to read it (chmod 600).");
    }

    void password_comment() {
        line("#");
        line("# The password is not in this file: HAProxy takes it from the variable {} of its environment.",
             wish_.password_variable);
        line("# redisctl took it from: {}.", printable(upstream_.redis.source));
        if (upstream_.in_kubernetes())
            line("# In the Deployment: env {} with valueFrom.secretKeyRef, of the same Secret.",
                 wish_.password_variable);
        else
            line("# Debian's unit reads /etc/default/haproxy (chmod 600): {}=...", wish_.password_variable);
    }

    void global() {
        line("\nglobal");
        line("    log stdout format raw local0 notice");
        line("    # As many connections as the system allows, but no memory for the billion that some containers do.");
        line("    fd-hard-limit 50000");
        if (!needs_variable()) return;
        line("# Without it every check would fail, and nobody would know why.");
        line(".if !defined({})", wish_.password_variable);
        line("    .alert \"{} is not set: it has to hold the password of Redis\"", wish_.password_variable);
        line(".endif");
    }

    void defaults() {
        line("\ndefaults");
        line("    log global");
        line("    mode tcp");
        line("    # Who became master when: one line for each change.");
        line("    option log-health-checks");
        line("    timeout connect 1s");
        line(
            "    # How long a server may take to answer its check. A fork or a slow script is no reason to drop its "
            "clients.");
        line("    timeout check 2s");
        line("    # Pools and subscribers are idle for long; keepalive finds those that are gone.");
        line("    timeout client 1h");
        line("    timeout server 1h");
        line("    option clitcpka");
        line("    option srvtcpka");
    }

    void resolvers() {
        line(
            "\n# A pod that is made anew has a new IP under its old name. Without resolvers a name is resolved once, "
            "at the");
        line("# start, and HAProxy refuses to start while one of them cannot be.");
        line("resolvers kubernetes");
        line("    parse-resolv-conf");
        line("    accepted_payload_size 8192");
        line("    resolve_retries 3");
        line("    timeout resolve 1s");
        line("    timeout retry 1s");
        line("    # A changed address counts at once: no `hold obsolete`.");
        line("    hold valid 1s");
        line("    hold nx 10s");
        line("    # While DNS itself is silent, the last address is still the best.");
        line("    hold timeout 1h");
        line("    hold refused 1h");
        line("    hold other 1h");
    }

    void frontends() {
        const std::string tls =
            wish_.bind_tls ? fmt::format(" ssl crt {}/server.pem", wish_.certificates) : std::string();
        line("\nfrontend redis_write");
        line("    bind {}:{}{}", wish_.bind, wish_.write_port, tls);
        line(
            "    # Two masters at once: a split, an old master that came back, or HAProxy has just begun and has asked "
            "nobody");
        line("    # yet. A write to the wrong one is lost, so new connections are refused until one of them is left.");
        line("    tcp-request connection reject if {{ nbsrv(redis_write) gt 1 }}");
        line("    default_backend redis_write");
        line("\nfrontend redis_read");
        line("    bind {}:{}{}", wish_.bind, wish_.read_port, tls);
        line("    # Without any linked replica the master answers.");
        line("    use_backend redis_write if {{ nbsrv(redis_read) eq 0 }}");
        line("    default_backend redis_read");
    }

    // AUTH, PING, INFO and QUIT in one piece: the server closes behind its answers, so that an answer without the words
    // looked for is a failure at once, and not when `timeout check` is over.
    std::string questions() const {
        std::string sent;
        if (const auto& login = upstream_.redis.login) {
            const std::string user = login->user.empty() ? "" : file_quoted(inline_quoted(login->user)) + ' ';
            const std::string password = shows_password() ? file_quoted(inline_quoted(login->password.reveal()))
                                                          : fmt::format("${{{}}}", wish_.password_variable);
            sent = fmt::format("AUTH {}\\\"{}\\\"\\r\\n", user, password);
        }
        return sent + "PING\\r\\nINFO replication\\r\\nQUIT\\r\\n";
    }

    void check(std::string_view role) {
        line("    option tcp-check");
        line("    tcp-check send \"{}\"", questions());
        line("    # +PONG: not from one that still loads its data, nor from one that does not let us in.");
        line("    tcp-check expect string +PONG");
        line("    tcp-check expect string {}", role);
    }

    void servers() {
        const auto inter = wish_.interval.count();
        line("    default-server check inter {0}ms fastinter {0}ms downinter {0}ms fall 1 rise 1", inter);
        line("    # A client of yesterday's master would be told READONLY for ever: its connection is closed instead.");
        line("    default-server on-marked-down shutdown-sessions");
        if (named_) {
            const bool ipv4 = std::all_of(upstream_.nodes.begin(), upstream_.nodes.end(), [](const UpstreamNode& node) {
                return std::any_of(node.also.begin(), node.also.end(),
                                   [](const net::HostPort& address) { return is_ipv4(address.host); });
            });
            line("    default-server resolvers kubernetes init-addr none{}", ipv4 ? " resolve-prefer ipv4" : "");
        } else if (std::any_of(upstream_.nodes.begin(), upstream_.nodes.end(),
                               [](const UpstreamNode& node) { return !is_ip(node.address.host); })) {
            line(
                "    # Names of hosts are resolved when HAProxy starts or reloads; one that cannot be does not keep it "
                "down.");
            line("    default-server init-addr libc,none");
        }
        if (upstream_.tls) tls_defaults();
        for (const UpstreamNode& node : upstream_.nodes) server(node);
    }

    void tls_defaults() {
        line("    # The checks speak TLS too, by the same options.");
        line("    default-server ssl {}{}",
             upstream_.insecure ? std::string("verify none")
                                : fmt::format("verify required ca-file {}/ca.crt", wish_.certificates),
             upstream_.client_certificate ? fmt::format(" crt {}/client.pem", wish_.certificates) : std::string());
    }

    void server(const UpstreamNode& node) {
        net::HostPort address = node.address;
        if (!is_ip(address.host) && upstream_.in_kubernetes()) address.host += '.' + wish_.cluster_domain;
        std::string tls;
        if (upstream_.tls && is_word(node.tls_name))
            tls = fmt::format(" sni str({0}) check-sni {0}{1}", node.tls_name,
                              upstream_.insecure ? std::string() : " verifyhost " + node.tls_name);
        line("    server {} {}{}", haproxy_server_name(node.name), net::to_string(address), tls);
    }

    void write_backend() {
        line("\nbackend redis_write");
        line("    # All nodes stand here; only the one that says role:master is up.");
        check("role:master");
        servers();
    }

    void read_backend() {
        line("\nbackend redis_read");
        line("    balance leastconn");
        line("    # A replica without its link serves old data.");
        check("role:slave");
        line("    tcp-check expect string master_link_status:up");
        servers();
    }

    const Upstream& upstream_;
    const HaproxyWish& wish_;
    bool named_ = false;  // DNS names of pods are among the addresses
    std::string out_;
};

std::vector<Finding> findings_of(const Upstream& upstream, const HaproxyWish& wish) {
    std::vector<Finding> findings;
    const auto add = [&](std::string code, const std::string& node, std::string message, std::string hint) {
        findings.push_back(
            {std::move(code), Severity::warning, upstream.full_name(), node, std::move(message), std::move(hint)});
    };
    for (const UpstreamNode& node : upstream.nodes)
        if (!is_word(node.address.host))
            add("HAPROXY_STRANGE_ADDRESS", node.name,
                fmt::format("{} is left out: '{}' is no address that a file can hold", node.name,
                            printable(node.address.host)),
                "redisctl replication-info shows who reports it");
        else if (!node.stays)
            add("HAPROXY_POD_IP", node.name,
                fmt::format("{} has no name in DNS: {} is its address until the pod is made anew", node.name,
                            node.address.host),
                "give the StatefulSet a headless Service and name it in spec.serviceName");
    if (upstream.redis.login && !upstream.redis.read)
        add("HAPROXY_PASSWORD_UNREAD", "",
            fmt::format("the password was not read ({}), so it was tried on no node", upstream.redis.source),
            "redisctl ping");
    if (upstream.passwords_differ)
        add("HAPROXY_PASSWORDS_DIFFER", "", "the nodes have different passwords, and the checks send one",
            "give all nodes one password: after a switch clients could not log in either");
    if (upstream.redis.login && !wish.with_secrets &&
        upstream.redis.login->password.reveal().find_first_of("\"\\") != std::string_view::npos)
        add("HAPROXY_PASSWORD_QUOTES", "",
            fmt::format("the password holds a quote or a backslash: in {} each needs a backslash before it",
                        wish.password_variable),
            "a password of letters and digits needs none of this");
    if (upstream.tls && !wish.bind_tls)
        add("HAPROXY_PLAIN_CLIENTS", "", "HAProxy speaks TLS to Redis, but its clients speak to it in the clear",
            "redisctl haproxy generate --bind-tls");
    if (upstream.tls && upstream.insecure)
        add("HAPROXY_UNVERIFIED", "", "with --insecure HAProxy does not verify the certificates of Redis either",
            "leave --insecure out, and name the CA with --cacert");
    return findings;
}

}  // namespace

std::string haproxy_server_name(std::string_view node) {
    std::string out;
    for (const char c : node)
        out += std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == ':' || c == '-' ? c : '_';
    return out;
}

HaproxyFile generate_haproxy(const Upstream& upstream, const HaproxyWish& wish) {
    Upstream plain = upstream;
    std::erase_if(plain.nodes, [](const UpstreamNode& node) { return !is_word(node.address.host); });
    return {Writer(plain, wish).write(), findings_of(upstream, wish)};
}

}  // namespace redisctl::clients
