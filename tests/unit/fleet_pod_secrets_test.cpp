#include "fleet/inventory.h"
#include "fleet/pod_secrets.h"
#include "tests/support/kube_builders.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

using namespace redisctl;
using namespace redisctl::testing;
using fleet::SecretRef;

namespace {

kube::Pod plain() {
    return pod("redis-0", {}, "10.0.0.1", "redis");
}

// "secret:key (why)", with "?" when it may be absent.
std::string text(const std::optional<SecretRef>& ref) {
    return ref ? ref->name + ":" + ref->key + (ref->optional ? "? (" : " (") + ref->why + ")" : "none";
}

std::string redis_password(const kube::Pod& one) {
    return text(fleet::password_of(one, fleet::processes(one).at(0)));
}
std::string sentinel_password(const kube::Pod& one) {
    return text(fleet::password_of(one, fleet::processes(one).back()));
}

}  // namespace

TEST_CASE("The password comes from the first place that the pod names") {
    struct Case {
        const char* what;
        void (*make)(kube::Pod&);
        std::string expected;
    };
    Case cases[] = {
        {"nothing", [](auto&) {}, "none"},
        {"env", [](auto& p) { p.containers[0].env = {env_secret("REDIS_PASSWORD", "own", "pw")}; },
         "own:pw (env REDIS_PASSWORD of container redis)"},
        {"the most telling env",
         [](auto& p) {
             p.containers[0].env = {env_secret("REDIS_MASTER_PASSWORD", "m", "k"),
                                    env_secret("REDIS_PASSWORD", "own", "pw")};
         },
         "own:pw (env REDIS_PASSWORD of container redis)"},
        {"REDISCLI_AUTH", [](auto& p) { p.containers[0].env = {env_secret("REDISCLI_AUTH", "own", "pw")}; },
         "own:pw (env REDISCLI_AUTH of container redis)"},
        {"any env of that kind",
         [](auto& p) {
             p.containers[0].env = {env_secret("SENTINEL_PASSWORD", "no", "no"),
                                    env_secret("MY_CACHE_PASSWORD", "own", "pw")};
         },
         "own:pw (env MY_CACHE_PASSWORD of container redis)"},
        {"init container",
         [](auto& p) {
             p.init_containers = {container("setup-replication", {"sh"})};
             p.init_containers[0].env = {env_secret("REDIS_PASSWORD", "own", "pw")};
         },
         "own:pw (env REDIS_PASSWORD of container setup-replication)"},
        {"file",
         [](auto& p) {
             p.containers[0].env = {env("REDIS_PASSWORD_FILE", "/opt/bitnami/redis/secrets/redis-password")};
             p.containers[0].mounts = {{"data", "/opt", ""}, {"secrets", "/opt/bitnami/redis/secrets/", ""}};
             p.volumes = {secret_volume("secrets", "own")};
         },
         "own:redis-password (file of env REDIS_PASSWORD_FILE of container redis)"},
        {"file under another key",
         [](auto& p) {
             p.containers[0].env = {env("REDIS_PASSWORD_FILE", "/s/redis-password")};
             p.containers[0].mounts = {{"secrets", "/s", ""}};
             p.volumes = {secret_volume("secrets", "own", {{"pw", "redis-password"}})};
         },
         "own:pw (file of env REDIS_PASSWORD_FILE of container redis)"},
        {"file by subPath",
         [](auto& p) {
             p.containers[0].env = {env("REDIS_PASSWORD_FILE", "/run/password")};
             p.containers[0].mounts = {{"secrets", "/run/password", "pw"}};
             p.volumes = {secret_volume("secrets", "own")};
         },
         "own:pw (file of env REDIS_PASSWORD_FILE of container redis)"},
        {"file that is no Secret",
         [](auto& p) {
             p.containers[0].env = {env("REDIS_PASSWORD_FILE", "/data/password")};
             p.containers[0].mounts = {{"data", "/data", ""}};
         },
         "none"},
        {"Secret volume with the key",
         [](auto& p) {
             p.volumes = {secret_volume("s", "own", {{"redis-password", "x"}})};
         },
         "own:redis-password (volume s)"},
        {"Secret volume by its name",
         [](auto& p) {
             p.volumes = {secret_volume("certs", "crt"), secret_volume("redis-password", "own")};
         },
         "own:redis-password? (volume redis-password)"},
        {"envFrom", [](auto& p) { p.containers[0].env_from_secrets = {"own"}; },
         "own:REDIS_PASSWORD? (envFrom of container redis)"},
        {"chart's default", [](auto& p) { p.meta.labels = helm("redis"); },
         "redis:redis-password? (chart's redis/redis-password)"},
        {"chart's default under the workload's name",
         [](auto& p) {
             p.meta.labels = with(helm("shop"), {{"app.kubernetes.io/component", "master"}});
             p.meta.owners = {{"StatefulSet", "shop-redis-master", true}};
         },
         "shop-redis:redis-password? (chart's shop-redis/redis-password)"},
        {"chart's default by the release",
         [](auto& p) {
             p.meta.labels = helm("shop");
             p.meta.owners.clear();
         },
         "shop-redis:redis-password? (chart's shop-redis/redis-password)"},
        {"chart's default, release says redis",
         [](auto& p) {
             p.meta.labels = helm("my-redis-1");
             p.meta.owners.clear();
         },
         "my-redis-1:redis-password? (chart's my-redis-1/redis-password)"},
        {"Valkey's chart",
         [](auto& p) {
             p.meta.labels = helm("kv", "valkey-2.0.0");
             p.meta.owners.clear();
         },
         "kv-valkey:valkey-password? (chart's kv-valkey/valkey-password)"},
        {"chart without a password",
         [](auto& p) {
             p.meta.labels = helm("redis");
             p.containers[0].env = {env("ALLOW_EMPTY_PASSWORD", "yes")};
         },
         "none"},
        {"some other chart", [](auto& p) { p.meta.labels = helm("redis", "shop-1.0.0"); }, "none"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        auto made = plain();
        one.make(made);
        CHECK(redis_password(made) == one.expected);
    }
}

TEST_CASE("A Sentinel has a password of its own, or none") {
    auto bitnami = bitnami_sentinel(1).pods[0];
    CHECK(sentinel_password(bitnami) == "redis:redis-password (env REDIS_PASSWORD of container sentinel)");
    bitnami.containers[1].env = {env("REDIS_PASSWORD_FILE", "/s/redis-password")};
    bitnami.containers[1].mounts = {{"pw", "/s", ""}};
    bitnami.volumes = {secret_volume("pw", "redis")};
    CHECK(sentinel_password(bitnami) == "redis:redis-password (file of env REDIS_PASSWORD_FILE of container sentinel)");
    CHECK(sentinel_password(spotahome("cache", 1).pods[1]) == "none");

    auto own = hand_written().pods[3];
    own.containers[0].env = {env_secret("REDIS_PASSWORD", "for-the-master", "pw")};
    CHECK(sentinel_password(own) == "none");
    own.containers[0].env.push_back(env_secret("SENTINEL_PASSWORD", "own", "pw"));
    CHECK(sentinel_password(own) == "own:pw (env SENTINEL_PASSWORD of container sentinel)");
}

TEST_CASE("The operator's password is the one that its pods name") {
    CHECK(redis_password(spotahome("cache", 1).pods[0]) ==
          "redis-auth:password (env REDIS_PASSWORD of container redis)");
}

TEST_CASE("A password that the spec spells out is taken, a variable is not") {
    auto spelled = [](kube::Pod one) {
        return std::string(fleet::spelled_password_of(fleet::processes(one).at(0)).reveal());
    };
    auto one = plain();
    CHECK(spelled(one) == "");
    one.containers[0].env = {env("REDIS_PASSWORD", "from-env")};
    CHECK(spelled(one) == "from-env");
    one.containers[0].args = {"--requirepass", "from-args"};
    CHECK(spelled(one) == "from-args");
    one.containers[0].env.clear();
    one.containers[0].args = {"--requirepass", "$(REDIS_PASSWORD)"};
    CHECK(spelled(one) == "");
}

TEST_CASE("A Secret that is named comes before what is spelled out") {
    fleet::Listed listed;
    listed.pods = {plain()};
    listed.pods[0].containers[0].args = {"--requirepass", "in-the-clear"};
    auto copy = listed;
    copy.pods[0].containers[0].env = {env_secret("REDIS_PASSWORD", "own", "pw")};
    CHECK(fleet::make_inventory(std::move(listed)).instances.at(0).nodes.at(0).spelled_password ==
          Secret("in-the-clear"));
    CHECK(fleet::make_inventory(std::move(copy)).instances.at(0).nodes.at(0).spelled_password.empty());
}

TEST_CASE("The ACL user is named when it is not default") {
    auto user = [](std::string value) {
        auto one = plain();
        one.containers[0].env = {env("REDIS_USER", std::move(value))};
        return fleet::acl_user_of(fleet::processes(one).at(0));
    };
    CHECK(user("default") == "");
    CHECK(user("app") == "app");
    CHECK(user("$(WHO)") == "");
}

TEST_CASE("TLS is read from environment, arguments and probes, with the certificates' Secret") {
    struct Case {
        const char* what;
        void (*make)(kube::Pod&);
        std::string evidence, secret, ca, cert, key;
        uint16_t port;
    };
    Case cases[] = {
        {"off", [](auto& p) { p.containers[0].env = {env("REDIS_TLS_ENABLED", "no")}; }, "", "", "", "", "", 6379},
        {"Bitnami",
         [](auto& p) {
             p.containers[0].env = {env("REDIS_TLS_ENABLED", "yes"), env("REDIS_TLS_PORT", "6380"),
                                    env("REDIS_TLS_CERT_FILE", "/certs/tls.crt"),
                                    env("REDIS_TLS_KEY_FILE", "/certs/tls.key"),
                                    env("REDIS_TLS_CA_FILE", "/certs/ca.crt")};
             p.containers[0].mounts = {{"c", "/certs", ""}};
             p.volumes = {secret_volume("c", "redis-crt")};
         },
         "env REDIS_TLS_ENABLED=yes", "redis-crt", "ca.crt", "tls.crt", "tls.key", 6380},
        {"arguments",
         [](auto& p) {
             p.containers[0].args = {
                 "--port",         "0",        "--tls-port",         "6390",     "--tls-cert-file", "/c/s.pem",
                 "--tls-key-file", "/c/s.key", "--tls-ca-cert-file", "/c/ca.pem"};
             p.containers[0].mounts = {{"c", "/c", ""}};
             p.volumes = {secret_volume("c", "own", {{"server", "s.pem"}, {"server-key", "s.key"}, {"ca", "ca.pem"}})};
         },
         "arg --tls-port 6390", "own", "ca", "server", "server-key", 6390},
        {"only no plain port",
         [](auto& p) {
             p.containers[0].args = {"--port", "0"};
         },
         "arg --port 0", "", "", "", "", 6379},
        {"probe",
         [](auto& p) {
             p.containers[0].probe_commands = {"redis-cli --tls --cacert /c/ca.crt ping"};
             p.containers[0].mounts = {{"c", "/c", ""}};
             p.volumes = {secret_volume("c", "own")};
         },
         "probe with --tls", "own", "ca.crt", "", "", 6379},
        {"no file named",
         [](auto& p) {
             p.containers[0].env = {env("TLS_MODE", "true")};
             p.containers[0].mounts = {{"data", "/data", ""}, {"tls-certs", "/tls", ""}};
             p.volumes = {secret_volume("tls-certs", "redis-tls-cert")};
         },
         "env TLS_MODE=true", "redis-tls-cert", "ca.crt", "tls.crt", "tls.key", 6379},
        {"CA in another Secret",
         [](auto& p) {
             p.containers[0].args = {"--tls-port", "6379", "--tls-cert-file", "/a/crt", "--tls-ca-cert-file", "/b/ca"};
             p.containers[0].mounts = {{"a", "/a", ""}, {"b", "/b", ""}};
             p.volumes = {secret_volume("a", "mine"), secret_volume("b", "theirs")};
         },
         "arg --tls-port 6379", "mine", "", "crt", "", 6379},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        auto made = plain();
        one.make(made);
        fleet::Listed listed;
        listed.pods = {made};
        auto inventory = fleet::make_inventory(std::move(listed));
        const auto& node = inventory.instances.at(0).nodes.at(0);
        CHECK(node.tls.enabled == !one.evidence.empty());
        CHECK(node.tls.evidence == one.evidence);
        CHECK(node.tls.secret == one.secret);
        CHECK(node.tls.ca_key == one.ca);
        CHECK(node.tls.cert_key == one.cert);
        CHECK(node.tls.key_key == one.key);
        CHECK(node.address.port == one.port);
    }
}

TEST_CASE("Sentinel's TLS is its own") {
    auto listed = bitnami_sentinel(1);
    listed.pods[0].containers[1].env.push_back(env("REDIS_SENTINEL_TLS_ENABLED", "yes"));
    listed.pods[0].containers[1].env.push_back(env("REDIS_SENTINEL_TLS_PORT_NUMBER", "26380"));
    auto inventory = fleet::make_inventory(std::move(listed));
    const auto& instance = inventory.instances.at(0);
    CHECK_FALSE(instance.nodes.at(0).tls.enabled);
    CHECK(instance.sentinels.at(0).tls.enabled);
    CHECK(instance.sentinels.at(0).address.port == 26380);
}
