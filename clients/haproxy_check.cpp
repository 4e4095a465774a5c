#include "clients/haproxy_check.h"

#include "base/text.h"
#include "clients/haproxy_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace redisctl::clients {

namespace {

using Lets = HaproxyJudged::Lets;
using Kind = HaproxyStep::Kind;

constexpr Millis kSlow{1000};         // a switch that is seen later than this is late
constexpr Millis kShortIdle{60'000};  // pools and subscribers are idle for longer

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// The step whose answer decides the role; nullptr when the check asks for none.
const HaproxyStep* role_step(const HaproxyBackend& backend) {
    if (backend.tcp_check == 0) return nullptr;
    for (const HaproxyStep& step : backend.steps)
        if (step.kind == Kind::expect && (contains(step.text, "role:master") || contains(step.text, "role:slave")))
            return &step;
    return nullptr;
}

Lets lets_of(const HaproxyBackend& backend) {
    if (backend.external_check != 0) return Lets::unknown;
    const HaproxyStep* step = role_step(backend);
    if (!step) return Lets::all;
    return contains(step->text, "role:master") != step->negated ? Lets::master : Lets::replicas;
}

bool sends(const HaproxyBackend& backend, std::string_view word, const HaproxyStep* before = nullptr) {
    for (const HaproxyStep& step : backend.steps) {
        if (&step == before) return false;
        if (step.kind == Kind::send && contains(lower(step.text), word)) return true;
    }
    return false;
}

std::string seconds(Millis time) {
    return time.count() % 1000 == 0 ? fmt::format("{} s", time.count() / 1000)
                                    : fmt::format("{:.1f} s", static_cast<double>(time.count()) / 1000);
}

class Judge {
  public:
    Judge(const HaproxyJudged& judged, const std::optional<Upstream>& upstream, std::vector<HaproxyProblem>& problems)
        : judged_(judged), backend_(*judged.backend), upstream_(upstream), problems_(problems) {}

    void judge() {
        mode();
        role();
        unchecked();
        password();
        tls();
        sessions();
        speed();
        names();
        compare();
        two_masters();
        timeouts();
    }

  private:
    bool writes() const { return judged_.lets != Lets::replicas; }
    bool asks() const { return judged_.lets == Lets::master || judged_.lets == Lets::replicas; }
    // A single node has no other to be confused with.
    bool alone() const { return backend_.servers.size() == 1 && backend_.servers.front().count == 1; }
    std::string title() const { return fmt::format("{} {}", backend_.kind, backend_.name); }

    void add(std::string code, Severity severity, size_t line, std::string message, std::string cause, std::string hint,
             std::string server = {}) {
        problems_.push_back({std::move(code), severity, line, backend_.name, std::move(server), std::move(message),
                             std::move(cause), std::move(hint)});
    }

    void mode() {
        if (backend_.http)
            add("HAPROXY_HTTP_MODE", Severity::critical, backend_.mode_line,
                fmt::format("{} takes Redis for HTTP", title()),
                "in HTTP mode HAProxy closes every connection that does not begin with an HTTP request", "mode tcp");
    }

    void role() {
        if (judged_.lets == Lets::unknown)
            add("HAPROXY_EXTERNAL_CHECK", Severity::info, backend_.external_check,
                fmt::format("what the check of {} lets through is unknown", title()),
                "a program decides it, which is not read here",
                "tcp-check can ask for the role itself: redisctl haproxy generate");
        if (judged_.lets != Lets::all || alone()) return;
        const size_t line = backend_.redis_check  ? backend_.redis_check
                            : backend_.tcp_check  ? backend_.tcp_check
                            : backend_.http_check ? backend_.http_check
                                                  : backend_.line;
        const char* cause = backend_.redis_check ? "option redis-check sends PING, which every replica answers"
                            : backend_.tcp_check && backend_.steps.empty()
                                ? "option tcp-check without send and expect asks only whether the port is open"
                            : backend_.tcp_check  ? "its check never looks for role:master"
                            : backend_.http_check ? "its check is of another protocol"
                                                  : "without option tcp-check nobody is asked";
        add("HAPROXY_NO_ROLE_CHECK", Severity::critical, line,
            fmt::format("{} sends its clients to any of its {} servers, and only one of them takes writes", title(),
                        backend_.servers.size()),
            cause,
            "option tcp-check\ntcp-check send \"INFO replication\\r\\nQUIT\\r\\n\"\ntcp-check expect string "
            "role:master");
    }

    void unchecked() {
        if (judged_.lets == Lets::all) return;
        for (const HaproxyServer& server : backend_.servers)
            if (!server.check && !server.disabled)
                add("HAPROXY_NOT_CHECKED", Severity::critical, server.line,
                    fmt::format("server {} of {} is never checked, so it counts as up whatever its role", server.name,
                                title()),
                    "the word check is missing, here and in default-server",
                    fmt::format("server {} … check", server.name), server.name);
    }

    void password() {
        for (const HaproxyStep& step : backend_.steps) {
            if (step.kind != Kind::send) continue;
            const size_t at = lower(step.text).find("auth");
            if (at != std::string::npos && !contains(step.text, "${") &&
                !contains(std::string_view(step.text).substr(at), "%["))
                add("HAPROXY_PASSWORD_IN_FILE", Severity::warning, step.line,
                    fmt::format("the check of {} holds a password that everybody can read who can read the file",
                                title()),
                    "it stands in the clear behind AUTH", "tcp-check send \"AUTH \\\"${REDIS_PASSWORD}\\\"\\r\\n…\"");
        }
        if (!upstream_ || !asks()) return;
        if (upstream_->redis.login && !sends(backend_, "auth") && !sends(backend_, "hello"))
            add("HAPROXY_NO_AUTH", Severity::critical, role_step(backend_)->line,
                fmt::format("the check of {} sends no AUTH, though there is a password for Redis", title()),
                fmt::format("redisctl takes it from: {}; a server that asks for it answers INFO with NOAUTH, and "
                            "counts as down",
                            upstream_->redis.source),
                "tcp-check send \"AUTH \\\"${REDIS_PASSWORD}\\\"\\r\\nINFO replication\\r\\nQUIT\\r\\n\"");
    }

    void tls() {
        if (!upstream_ || !upstream_->tls) return;
        const bool by_step =
            std::any_of(backend_.steps.begin(), backend_.steps.end(), [](const HaproxyStep& step) { return step.ssl; });
        for (const HaproxyServer& server : backend_.servers)
            if (server.check && !server.ssl && !server.check_ssl && !by_step)
                add("HAPROXY_NO_TLS", Severity::critical, server.line,
                    fmt::format("server {} of {} is checked in the clear, and Redis speaks TLS", server.name, title()),
                    "neither ssl nor check-ssl is set, so the check fails and the server counts as down",
                    "default-server ssl verify required ca-file /etc/haproxy/redis/ca.crt", server.name);
    }

    void sessions() {
        if (backend_.servers.empty() || (alone() && judged_.lets == Lets::all)) return;
        for (const HaproxyServer& server : backend_.servers)
            if (!server.shutdown_sessions) {
                add("HAPROXY_SESSIONS_STAY", writes() ? Severity::critical : Severity::warning, server.line,
                    fmt::format("after a switch the clients of {} stay at the old {}", title(),
                                writes() ? "master, and every write of theirs is answered with READONLY" : "replica"),
                    "HAProxy leaves open connections alone when a server goes down, unless it is told otherwise",
                    "default-server on-marked-down shutdown-sessions");
                return;
            }
    }

    void speed() {
        if (!asks()) return;
        const HaproxyStep* role = role_step(backend_);
        if (!sends(backend_, "quit", role))
            add("HAPROXY_SLOW_CHECK", Severity::warning, role->line,
                fmt::format("the check of {} sees that a server is not the {} any more only when its time is over ({})",
                            title(), judged_.lets == Lets::master ? "master" : "replica",
                            backend_.check_timeout ? "timeout check " + seconds(backend_.check_timeout->time)
                                                   : std::string("the interval, for want of timeout check")),
                "the text that is looked for never comes, and the server keeps the connection open",
                "send QUIT together with INFO: tcp-check send \"INFO replication\\r\\nQUIT\\r\\n\"");
        for (const HaproxyServer& server : backend_.servers) {
            const Millis worst = std::max(server.until_down(), server.until_up());
            if (!server.check || worst <= kSlow) continue;
            add("HAPROXY_LONG_INTERVAL", Severity::warning, server.line,
                fmt::format("{} sees a switch only after up to {}", title(), seconds(worst)),
                fmt::format("inter {} fall {} rise {}{}", seconds(server.inter), server.fall, server.rise,
                            server.inter == Millis(2000) && server.fall == 3 ? ", which are the defaults" : ""),
                "default-server inter 100ms fastinter 100ms downinter 100ms fall 1 rise 1");
            return;
        }
    }

    void names() {
        for (const HaproxyServer& server : backend_.servers) {
            if (!is_dns_name(server.host)) continue;
            const bool pod = contains(server.host, ".svc") || (upstream_ && upstream_->in_kubernetes());
            if (server.resolvers.empty()) {
                add("HAPROXY_NO_RESOLVERS", pod ? Severity::critical : Severity::warning, server.line,
                    fmt::format("{} resolves {} once, when it begins", title(), server.host),
                    pod ? "a pod that is made anew has another IP, and HAProxy refuses to start while a name is unknown"
                        : "an address that changes later is not seen before a reload",
                    pod ? "resolvers kubernetes\n    parse-resolv-conf\ndefault-server resolvers kubernetes init-addr "
                          "none"
                        : "a section resolvers, and default-server resolvers NAME init-addr none");
                return;
            }
            if (!contains(server.init_addr, "none")) {
                add("HAPROXY_INIT_ADDR", Severity::warning, server.line,
                    fmt::format("HAProxy refuses to start while {} is unknown to DNS", server.host),
                    "init-addr does not end with none", "default-server init-addr none");
                return;
            }
        }
    }

    void compare() {
        if (!upstream_) return;
        bool guess = false;  // a server that could be any node
        std::set<std::string> there;
        for (size_t i = 0; i < backend_.servers.size(); i++) {
            const HaproxyServer& server = backend_.servers[i];
            there.insert(judged_.nodes[i]);
            const bool untold = contains(server.host, "$") || server.count > 1;
            guess = guess || untold;
            if (judged_.nodes[i].empty() && !untold)
                add("HAPROXY_UNKNOWN_SERVER", Severity::warning, server.line,
                    fmt::format("server {} of {} is none of the nodes of {}", server.name, title(),
                                printable(upstream_->full_name())),
                    fmt::format("no node has the address {}", printable(address_text(server))),
                    "redisctl pods shows the addresses; remove the server, or name the right one", server.name);
        }
        if (guess) return;
        for (const UpstreamNode& node : upstream_->nodes)
            if (!there.contains(node.name))
                add("HAPROXY_MISSING_NODE", writes() ? Severity::critical : Severity::warning, backend_.line,
                    fmt::format("{} has no server for {}", title(), node.name),
                    writes() ? "when it becomes the master, every write fails" : "it serves none of the reads",
                    fmt::format("server {} {}:{} check", node.name, node.address.host, node.address.port));
    }

    void two_masters() {
        if (judged_.lets == Lets::master && !backend_.counts_servers)
            add("HAPROXY_TWO_MASTERS", Severity::info, backend_.line,
                fmt::format("when two nodes say that they are the master, {} writes to both", title()),
                "an old master that comes back is one until somebody tells it otherwise; what it takes is lost",
                fmt::format("in the frontend: tcp-request connection reject if {{ nbsrv({}) gt 1 }}", backend_.name));
    }

    void timeouts() {
        for (const auto& timeout : {backend_.client_timeout, backend_.server_timeout})
            if (timeout && timeout->time > Millis(0) && timeout->time <= kShortIdle) {
                add("HAPROXY_SHORT_TIMEOUT", Severity::info, timeout->line,
                    fmt::format("{} cuts connections that say nothing for {}", title(), seconds(timeout->time)),
                    "pools and subscribers are idle for longer", "timeout client 1h\ntimeout server 1h");
                return;
            }
    }

    const HaproxyJudged& judged_;
    const HaproxyBackend& backend_;
    const std::optional<Upstream>& upstream_;
    std::vector<HaproxyProblem>& problems_;
};

}  // namespace

std::string_view lets_name(Lets lets) {
    switch (lets) {
        case Lets::master:
            return "master";
        case Lets::replicas:
            return "replicas";
        case Lets::all:
            return "all";
        case Lets::unknown:
            return "unknown";
    }
    return "unknown";
}

HaproxyVerdict check_haproxy(const std::vector<HaproxyBackend>& backends, const std::optional<Upstream>& upstream) {
    HaproxyVerdict verdict;
    for (const HaproxyBackend& backend : backends) {
        if (!leads_to_redis(backend, upstream)) continue;
        HaproxyJudged judged{&backend, lets_of(backend), {}};
        for (const HaproxyServer& server : backend.servers)
            judged.nodes.push_back(upstream ? node_of(server, *upstream) : std::string());
        Judge(judged, upstream, verdict.problems).judge();
        verdict.backends.push_back(std::move(judged));
    }
    if (verdict.backends.empty())
        verdict.problems.push_back(
            {"HAPROXY_NO_BACKEND", Severity::critical, backends.empty() ? 1 : backends.front().line, "", "",
             "no backend of the file leads to Redis",
             "none has a server on a port of Redis, or a check that speaks to one", "redisctl haproxy generate"});
    std::stable_sort(verdict.problems.begin(), verdict.problems.end(),
                     [](const HaproxyProblem& a, const HaproxyProblem& b) { return a.line < b.line; });
    return verdict;
}

}  // namespace redisctl::clients
