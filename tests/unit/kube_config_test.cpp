#include "tests/unit/kube_config_world.h"

using namespace redisctl;
using namespace redisctl::test;

TEST_CASE("every field of a cluster and a user is read") {
    World world;
    world.dir.write("tokens/t", "from a file");
    auto config = world.load(fmt::format(R"(
apiVersion: v1
kind: Config
preferences: {{colors: true}}
current-context: prod
unknown: [1, 2]
contexts:
- name: prod
  context: {{cluster: c, user: u, namespace: cache, extensions: [{{name: x, extension: {{a: b}}}}]}}
clusters:
- name: c
  cluster:
    server: https://rancher.example:8443/k8s/clusters/c-1/?x=1#y
    certificate-authority-data: {0}
    tls-server-name: kubernetes
    proxy-url: socks5://proxy:1080
    disable-compression: true
    extensions:
    - name: other
      extension: {{ignored: yes}}
    - name: client.authentication.k8s.io/exec
      extension: {{audience: redis, text: "5", number: 5, ratio: 0.5, on: true, none: null, list: [a, b]}}
users:
- name: u
  user:
    client-certificate-data: {0}
    client-key-data: {1}
    token: t0ken
    tokenFile: tokens/t
    as: jane
    as-uid: "7"
    as-groups: [dev, ops]
    as-user-extra: {{reason: [oncall, night]}}
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: bin/plugin
      args: [get, "--cluster=x"]
      env: [{{name: A, value: "1"}}]
      installHint: get it
      provideClusterInfo: true
)",
                                         base64_encode(kCert), base64_encode(kKey)));
    REQUIRE(config);
    CHECK(config->context == "prod");
    CHECK(config->cluster == "c");
    CHECK(config->server == "https://rancher.example:8443/k8s/clusters/c-1");
    CHECK(config->ns == "cache");
    CHECK(config->ca_pem == kCert);
    CHECK(config->tls_server_name == "kubernetes");
    CHECK(config->proxy_url == "socks5://proxy:1080");
    CHECK(config->disable_compression);
    CHECK(!config->insecure);
    CHECK(!config->in_cluster);
    const kube::UserConfig& user = config->user;
    CHECK(user.name == "u");
    CHECK(user.client_cert_pem == kCert);
    CHECK(user.client_key_pem.reveal() == kKey);
    CHECK(user.token.reveal() == "t0ken");
    CHECK(user.token_file == world.dir.path("tokens/t"));
    CHECK(user.impersonate.user == "jane");
    CHECK(user.impersonate.uid == "7");
    CHECK(user.impersonate.groups == std::vector<std::string>{"dev", "ops"});
    CHECK(user.impersonate.extra ==
          std::vector<std::pair<std::string, std::string>>{{"reason", "oncall"}, {"reason", "night"}});
    REQUIRE(user.exec);
    CHECK(user.exec->api_version == "client.authentication.k8s.io/v1beta1");
    CHECK(user.exec->command == world.dir.path("bin/plugin"));
    CHECK(user.exec->args == std::vector<std::string>{"get", "--cluster=x"});
    CHECK(user.exec->env == std::vector<std::pair<std::string, std::string>>{{"A", "1"}});
    CHECK(user.exec->install_hint == "get it");
    CHECK(user.exec->interactive_mode == "IfAvailable");
    CHECK(user.exec->provide_cluster_info);
    CHECK(user.exec->cluster_extension_json ==
          R"({"audience":"redis","list":["a","b"],"none":null,"number":5,"on":true,"ratio":0.5,"text":"5"})");
}

TEST_CASE("basic authentication, and a bare plugin name stays one for PATH") {
    World world;
    auto basic = world.load_fields(kServer, "username: admin\npassword: s3cret");
    REQUIRE(basic);
    CHECK(basic->user.username == "admin");
    CHECK(basic->user.password.reveal() == "s3cret");
    auto plugin = world.load_fields(
        kServer, "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Never}");
    REQUIRE(plugin);
    CHECK(plugin->user.exec->command == "aws");
    CHECK(plugin->user.exec->interactive_mode == "Never");
}

TEST_CASE("JSON is a kubeconfig too, also with tabs") {
    World world;
    auto config = world.load(
        "{\n\t\"kind\": \"Config\", \"current-context\": \"x\",\n\t\"contexts\": [{\"name\": \"x\", \"context\": "
        "{\"cluster\": \"c\", \"user\": \"u\"}}],\n"
        "\t\"clusters\": [{\"name\": \"c\", \"cluster\": {\"server\": \"https:\\/\\/api\"}}], \"users\": [{\"name\": "
        "\"u\", \"user\": {\"token\": \"t\"}}]}");
    REQUIRE(config);
    CHECK(config->server == "https://api");
    CHECK(config->user.token.reveal() == "t");
}

TEST_CASE("long base64 is the same in every style of YAML") {
    World world;
    const std::string pem = "-----BEGIN CERTIFICATE-----\n" + std::string(3000, 'x') + "\n-----END CERTIFICATE-----\n";
    const std::string data = base64_encode(pem);
    const std::string folded = data.substr(0, 1000) + "\n      " + data.substr(1000);
    for (const std::string& value :
         {data, "\"" + data + "\"", "'" + data + "'", "|\n      " + folded, ">-\n      " + folded, folded,
          "\"" + folded + "\"", "&ca " + data, "!!str " + data, data + " # comment"}) {
        CAPTURE(value);
        auto config = world.load(
            "clusters:\n- name: c\n  cluster:\n    server: https://api\n    certificate-authority-data: " + value +
            "\ncontexts:\n- name: x\n  context: {cluster: c}\ncurrent-context: x\n");
        REQUIRE(config);
        CHECK(config->ca_pem == pem);
    }
    const std::string token(200, 'a');
    auto config = world.load_fields(kServer, "token: \"\\x41" + token + "\\n\"\nusername: \"\"");
    REQUIRE(config);
    CHECK(config->user.token.reveal() == "A" + token + "\n");
    config = world.load_fields(kServer, "token: redisctlLongRun000000" + token);
    REQUIRE(config);
    CHECK(config->user.token.reveal() == "redisctlLongRun000000" + token);
}

TEST_CASE("data wins over a file, and a relative file stands beside its kubeconfig") {
    World world;
    world.dir.write("pki/ca.crt", kCert + "file");
    world.dir.write("pki/me.crt", kCert + "me");
    world.dir.write("pki/me.key", kKey + "me");
    auto config = world.load_fields(kServer + "certificate-authority: pki/ca.crt",
                                    "client-certificate: ./pki/me.crt\nclient-key: " + world.dir.path("pki/me.key"));
    REQUIRE(config);
    CHECK(config->ca_pem == kCert + "file");
    CHECK(config->user.client_cert_pem == kCert + "me");
    CHECK(config->user.client_key_pem.reveal() == kKey + "me");
    config = world.load_fields(
        kServer + "certificate-authority: missing\ncertificate-authority-data: " + base64_encode(kCert),
        "client-certificate: missing\nclient-certificate-data: " + base64_encode(kCert) +
            "\nclient-key: missing\nclient-key-data: " + base64_encode(kKey));
    REQUIRE(config);
    CHECK(config->ca_pem == kCert);
    CHECK(config->user.client_cert_pem == kCert);
    CHECK(config->user.client_key_pem.reveal() == kKey);
}

TEST_CASE("the first file wins a whole entry, and the first that sets the current context wins that") {
    World world;
    world.dir.write("a/ca.crt", kCert);
    const std::string first = world.dir.write("a/config",
                                              "clusters:\n- name: c\n  cluster: {server: https://first, "
                                              "certificate-authority: ca.crt}\nusers:\n- name: u\n  user: {}\n");
    const std::string second = world.dir.write("b/config", R"(
current-context: x
clusters:
- {name: c, cluster: {server: https://second, tls-server-name: second}}
- {name: d, cluster: {server: https://other}}
users: [{name: u, user: {token: second}}]
contexts:
- {name: x, context: {cluster: c, user: u, namespace: two}}
- {name: y, context: {cluster: d, user: u}}
)");
    const std::string third = world.dir.write("config3", "current-context: y\ncontexts: null\n");
    world.env["KUBECONFIG"] =
        ":" + world.dir.path("missing") + ":" + first + "::" + second + ":" + first + ":" + third + ":" + second;
    auto config = world.load();
    REQUIRE(config);
    CHECK(config->context == "x");
    CHECK(config->server == "https://first");
    CHECK(config->ca_pem == kCert);
    CHECK(config->tls_server_name == "");
    CHECK(config->user.token.empty());
    CHECK(config->ns == "two");
    world.flags.context = "y";
    config = world.load();
    REQUIRE(config);
    CHECK(config->server == "https://other");
    CHECK(config->ns == "default");
}

TEST_CASE("without --kubeconfig and KUBECONFIG the home's file is read") {
    World world;
    world.dir.write(".kube/config", World::one_context("server: https://home", "token: t"));
    world.env["HOME"] = world.dir.path();
    CHECK(world.load().value().server == "https://home");
    world.env["KUBECONFIG"] = "";
    CHECK(world.load().value().server == "https://home");
    world.env["KUBECONFIG"] = world.dir.write("env", World::one_context("server: https://env", "token: t"));
    CHECK(world.load().value().server == "https://env");
    world.flags.kubeconfig = world.dir.write("flag", World::one_context("server: https://flag", "token: t"));
    CHECK(world.load().value().server == "https://flag");
}

TEST_CASE("flags override what the kubeconfig says") {
    World world;
    world.flags = {"", "y", "d", "v", "ns2", "name2", true, "joe", "9", {"g"}};
    auto config = world.load(R"(
current-context: x
clusters: [{name: c, cluster: {server: https://c}}, {name: d, cluster: {server: https://d, tls-server-name: name1, certificate-authority: gone}}]
users: [{name: u, user: {token: u}}, {name: v, user: {token: v, as: jane, as-groups: [a, b]}}]
contexts: [{name: x, context: {cluster: c, user: u}}, {name: y, context: {cluster: c, user: u, namespace: ns1}}]
)");
    REQUIRE(config);
    CHECK(config->context == "y");
    CHECK(config->server == "https://d");
    CHECK(config->user.token.reveal() == "v");
    CHECK(config->ns == "ns2");
    CHECK(config->tls_server_name == "name2");
    CHECK(config->insecure);
    CHECK(config->ca_pem == "");
    CHECK(config->user.impersonate.user == "joe");
    CHECK(config->user.impersonate.uid == "9");
    CHECK(config->user.impersonate.groups == std::vector<std::string>{"g"});
}

TEST_CASE("a server URL is cleaned, and what is none is refused") {
    struct {
        const char *server, *expected;
    } good[] = {{"https://api:6443/", "https://api:6443"},          {"HTTPS://api", "https://api"},
                {"https://api/a/b//", "https://api/a/b"},           {"https://[::1]:6443?a#b", "https://[::1]:6443"},
                {"http://localhost:8001", "http://localhost:8001"}, {"10.0.0.1:8080", "http://10.0.0.1:8080"}};
    World world;
    for (const auto& c : good) {
        CAPTURE(c.server);
        auto config = world.load_fields(fmt::format("server: \"{}\"", c.server), "{}");
        REQUIRE(config);
        CHECK(config->server == c.expected);
    }
    CHECK(world.load_fields("server: 10.0.0.1:6443\ninsecure-skip-tls-verify: true", "{}").value().server ==
          "https://10.0.0.1:6443");
    struct {
        const char *server, *cause;
    } bad[] = {{"ftp://api", "its scheme is ftp"},
               {"https://", "it has no host"},
               {"https:///x", "it has no host"},
               {"https://:6443", "it has no host"},
               {"https://me:pw@api", "a user name or password stands in it"},
               {"api/path", "it has a path and no scheme"},
               {"https://a b", "it holds blanks or control characters"},
               {"https://a\\r\\nX: y", "it holds blanks or control characters"}};
    for (const auto& c : bad) {
        CAPTURE(c.server);
        check_error(world.load_fields(fmt::format("server: \"{}\"", c.server), "{}"),
                    "the server of cluster 'c' is no URL", c.cause, "write it as https://HOST:PORT");
    }
}

TEST_CASE("nothing secret is read for a server without TLS") {
    World world;
    auto config =
        world.load_fields("server: http://localhost:8001", "token: t\nusername: a\nclient-certificate: gone\nas: jane");
    REQUIRE(config);
    CHECK(config->user.name == "u");
    CHECK(config->user.token.empty());
    CHECK(config->user.username == "");
    CHECK(config->user.impersonate.user == "jane");
}

TEST_CASE("in a pod without a kubeconfig the service account is used") {
    World world;
    world.dir.write("sa/ca.crt", kCert);
    world.dir.write("sa/token", "t");
    world.dir.write("sa/namespace", "cache\n");
    world.env = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
    auto config = world.load();
    REQUIRE(config);
    CHECK(config->context == "in-cluster");
    CHECK(config->server == "https://10.96.0.1:443");
    CHECK(config->ca_pem == kCert);
    CHECK(config->ns == "cache");
    CHECK(config->in_cluster);
    CHECK(config->user.token_file == world.dir.path("sa/token"));
    CHECK(config->user.token.empty());

    world.env["KUBERNETES_SERVICE_HOST"] = "fd00::1";
    world.env["POD_NAMESPACE"] = "from-env";
    world.env["KUBECONFIG"] = world.dir.path("missing");
    world.flags.as = "jane";
    config = world.load();
    REQUIRE(config);
    CHECK(config->server == "https://[fd00::1]:443");
    CHECK(config->ns == "from-env");
    CHECK(config->user.impersonate.user == "jane");

    world.flags.ns = "flag";
    world.flags.insecure = true;
    world.env["KUBECONFIG"] = world.dir.write("empty", "");
    config = world.load();
    REQUIRE(config);
    CHECK(config->ns == "flag");
    CHECK(config->insecure);
    CHECK(config->ca_pem == "");

    world.env["KUBECONFIG"] = world.dir.write("full", World::one_context(kServer, "token: t"));
    CHECK(world.load().value().server == "https://api:6443");
}
