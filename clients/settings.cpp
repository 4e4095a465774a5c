#include "clients/settings.h"

#include "base/text.h"
#include "clients/settings_text.h"

#include <fmt/format.h>

#include <array>

namespace redisctl::clients {

namespace {

struct Library {
    std::string_view name;
    std::string (*text)(const Access&);
    bool repeats;  // what it prints repeats a write that a switch interrupted
};

std::string only_uris(const Access& access) {
    std::string out;
    for (const std::string& uri : uris_of(access)) out += uri + '\n';
    return out;
}

constexpr std::array<Library, 7> kLibraries{{{"uri", only_uris, false},
                                             {"env", env_text, false},
                                             {"redis-py", redis_py_text, true},
                                             {"celery", celery_text, false},
                                             {"lettuce", lettuce_text, false},
                                             {"jedis", jedis_text, false},
                                             {"go-redis", go_redis_text, true}}};

Password password_of(const Credential& credential, const std::string& variable, bool shown) {
    Password password;
    password.used = credential.login.has_value();
    password.variable = variable;
    if (password.used && shown && credential.read) password.shown = credential.login->password;
    return password;
}

const UpstreamNode* master_of(const Upstream& upstream) {
    for (const UpstreamNode& node : upstream.nodes)
        if (node.name == upstream.master) return &node;
    return nullptr;
}

Access access_to(const Upstream& upstream, const SettingsWish& wish) {
    Access access;
    access.tls = upstream.tls;
    access.sentinel_tls = upstream.sentinel_tls;
    access.database = wish.database;
    if (upstream.redis.login) access.user = upstream.redis.login->user;
    access.password = password_of(upstream.redis, wish.password_variable, wish.with_secrets);
    access.sentinel_password = password_of(upstream.sentinel, wish.sentinel_password_variable, wish.with_secrets);
    if (const auto& service = upstream.replica_service) access.reads = net::HostPort{service->host, service->port};
    if (!upstream.master_name.empty()) {
        access.way = Way::sentinel;
        access.master_name = upstream.master_name;
        // Any Sentinel answers, so the Service of all of them is enough, and stays when pods come and go.
        if (const auto& service = upstream.sentinel_service)
            access.sentinels.push_back({service->host, service->port});
        else
            for (const UpstreamNode& node : upstream.sentinels) access.sentinels.push_back(node.address);
    } else if (const auto& service = upstream.master_service) {
        access.way = Way::service;
        access.writes = {service->host, service->port};
    } else if (const UpstreamNode* master = master_of(upstream)) {
        access.way = Way::host;
        access.writes = master->address;
    }
    return access;
}

class Findings {
  public:
    explicit Findings(const Upstream& upstream) : upstream_(upstream) {}

    std::vector<Finding> about(const Access& access, const Library& library) {
        reaching(access);
        if (access.way == Way::sentinel) sentinels(access);
        if (upstream_.passwords_differ)
            add(Severity::warning, "CLIENTS_PASSWORDS_DIFFER", "the nodes have different passwords",
                "give all nodes one password: after a switch clients cannot log in");
        if (!library.repeats && access.way != Way::none)
            add(Severity::info, "CLIENTS_MUST_RETRY",
                "after a switch a client is told READONLY, or its connection ends: it has to connect again and repeat",
                "redisctl uri --for redis-py and --for go-redis show settings that do");
        if (upstream_.in_kubernetes() && access.way != Way::none)
            add(Severity::info, "CLIENTS_INSIDE_ONLY", "these addresses lead there only from inside the cluster", "");
        return std::move(findings_);
    }

  private:
    void add(Severity severity, std::string code, std::string message, std::string hint) {
        findings_.push_back(
            {std::move(code), severity, upstream_.full_name(), "", std::move(message), std::move(hint)});
    }

    void reaching(const Access& access) {
        const auto& service = upstream_.master_service;
        if (access.way == Way::none)
            add(Severity::warning, "CLIENTS_NO_MASTER",
                upstream_.master.empty()
                    ? "nothing leads to the master, because who it is is not agreed"
                    : fmt::format("the master is {}, no node of this instance: how clients are led there is not known",
                                  upstream_.master),
                "redisctl master-info");
        if (access.way == Way::service && !service->leads_there)
            add(Severity::warning, "CLIENTS_SERVICE_ASTRAY",
                fmt::format("Service {} is the master's, and does not lead to it now", service->name),
                "redisctl status");
        if (access.way == Way::host && upstream_.nodes.size() > 1)
            add(Severity::warning, "CLIENTS_FOLLOW_NO_SWITCH",
                fmt::format("{} is the master of now: after a switch nothing leads its clients to the next one",
                            upstream_.master),
                "redisctl haproxy generate");
        const UpstreamNode* master = master_of(upstream_);
        if (access.way == Way::host && master && !master->stays)
            add(Severity::warning, "CLIENTS_POD_IP",
                fmt::format("{} is a pod's IP, which changes when the pod is made anew", access.writes.host),
                "a Service that selects the master");
    }

    void sentinels(const Access& access) {
        if (access.password.used && !access.sentinel_password.used)
            add(Severity::warning, "CLIENTS_SENTINEL_OPEN",
                "there is a password for Redis, but redisctl needed none for the Sentinels: whoever reaches them can "
                "switch the "
                "master",
                "requirepass in every sentinel.conf; clients must send the Sentinels no password before that");
        if (upstream_.sentinels_miss_master)
            add(Severity::warning, "CLIENTS_SENTINEL_BLIND",
                "a Sentinel holds the master for dead, though it answers: perhaps it has no password for it",
                fmt::format("SENTINEL SET {} auth-pass PASSWORD, on every Sentinel", access.master_name));
        if (!upstream_.sentinel_service && upstream_.known_sentinels > static_cast<int64_t>(access.sentinels.size()))
            add(Severity::warning, "CLIENTS_FEW_SENTINELS",
                fmt::format(
                    "there are {} Sentinels, and {} stand here: while those are down no client finds the master",
                    upstream_.known_sentinels, access.sentinels.size()),
                "name the others with --sentinel HOST:PORT");
        if (!upstream_.sentinel_service)
            for (const UpstreamNode& node : upstream_.sentinels)
                if (!node.stays) {
                    add(Severity::warning, "CLIENTS_POD_IP",
                        "the Sentinels have no Service: the IPs of their pods change when they are made anew",
                        "a Service for port 26379 of the Sentinels");
                    break;
                }
    }

    const Upstream& upstream_;
    std::vector<Finding> findings_;
};

}  // namespace

std::string_view way_name(Way way) {
    switch (way) {
        case Way::none:
            return "none";
        case Way::sentinel:
            return "sentinel";
        case Way::service:
            return "service";
        case Way::host:
            return "host";
    }
    return "none";
}

const std::vector<std::string>& client_libraries() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const Library& library : kLibraries) all.emplace_back(library.name);
        return all;
    }();
    return names;
}

Settings client_settings(const Upstream& upstream, const SettingsWish& wish) {
    const Library* library = &kLibraries.front();
    for (const Library& each : kLibraries)
        if (each.name == wish.library) library = &each;
    Settings settings;
    settings.access = access_to(upstream, wish);
    if (settings.access.way != Way::none) {
        settings.uris = uris_of(settings.access);
        settings.text = library->text(settings.access);
    }
    settings.findings = Findings(upstream).about(settings.access, *library);
    return settings;
}

}  // namespace redisctl::clients
