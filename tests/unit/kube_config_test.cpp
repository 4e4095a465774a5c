#include "kube/config.h"

#include "base/text.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

using namespace redisctl;
using kube::ClusterConfig;
using kube::ConfigFlags;
using test::TempDir;

namespace {

const std::string kCert = "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n";
const std::string kKey = "-----BEGIN PRIVATE KEY-----\nQg==\n-----END PRIVATE KEY-----\n";

struct World {
    TempDir dir;
    std::map<std::string, std::string> env;
    ConfigFlags flags;

    Result<ClusterConfig> load() const {
        kube::ConfigSources sources;
        sources.env = [this](const std::string& name) -> std::optional<std::string> {
            auto found = env.find(name);
            return found == env.end() ? std::nullopt : std::optional(found->second);
        };
        sources.service_account_dir = dir.path("sa");
        return kube::load_config(flags, sources);
    }
    // Loads this one text as --kubeconfig.
    Result<ClusterConfig> load(const std::string& text) {
        flags.kubeconfig = dir.write("config", text);
        return load();
    }
    // The same with one cluster and one user, whose fields are given as lines of YAML without indentation.
    Result<ClusterConfig> load_fields(const std::string& cluster, const std::string& user) { return load(one_context(cluster, user)); }

    static std::string indented(const std::string& lines) {
        std::string out;
        for (std::string_view line : split(lines, '\n'))
            if (!line.empty()) out += fmt::format("    {}\n", line);
        return out;
    }
    static std::string one_context(const std::string& cluster, const std::string& user) {
        return "current-context: x\ncontexts:\n- name: x\n  context: {cluster: c, user: u}\nclusters:\n- name: c\n  cluster:\n" + indented(cluster) +
               "users:\n- name: u\n  user:\n" + indented(user);
    }
};

const std::string kServer = "server: https://api:6443\n";

void check_error(const Result<ClusterConfig>& result, const std::string& message, const std::string& cause, const std::string& hint) {
    REQUIRE(!result);
    CHECK(result.error().code == ErrorCode::usage);
    CHECK(result.error().message == message);
    CHECK(result.error().cause == cause);
    CHECK(result.error().hint == hint);
}

std::string token_that_expires(int64_t at) {
    return "e30." + base64_encode(fmt::format("{{\"exp\":{}}}", at)) + ".c2ln";
}

}  // namespace

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
    CHECK(user.impersonate.extra == std::vector<std::pair<std::string, std::string>>{{"reason", "oncall"}, {"reason", "night"}});
    REQUIRE(user.exec);
    CHECK(user.exec->api_version == "client.authentication.k8s.io/v1beta1");
    CHECK(user.exec->command == world.dir.path("bin/plugin"));
    CHECK(user.exec->args == std::vector<std::string>{"get", "--cluster=x"});
    CHECK(user.exec->env == std::vector<std::pair<std::string, std::string>>{{"A", "1"}});
    CHECK(user.exec->install_hint == "get it");
    CHECK(user.exec->interactive_mode == "IfAvailable");
    CHECK(user.exec->provide_cluster_info);
    CHECK(user.exec->cluster_extension_json == R"({"audience":"redis","list":["a","b"],"none":null,"number":5,"on":true,"ratio":0.5,"text":"5"})");
}

TEST_CASE("basic authentication, and a bare plugin name stays one for PATH") {
    World world;
    auto basic = world.load_fields(kServer, "username: admin\npassword: s3cret");
    REQUIRE(basic);
    CHECK(basic->user.username == "admin");
    CHECK(basic->user.password.reveal() == "s3cret");
    auto plugin = world.load_fields(kServer, "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Never}");
    REQUIRE(plugin);
    CHECK(plugin->user.exec->command == "aws");
    CHECK(plugin->user.exec->interactive_mode == "Never");
}

TEST_CASE("JSON is a kubeconfig too, also with tabs") {
    World world;
    auto config = world.load(
        "{\n\t\"kind\": \"Config\", \"current-context\": \"x\",\n\t\"contexts\": [{\"name\": \"x\", \"context\": {\"cluster\": \"c\", \"user\": \"u\"}}],\n"
        "\t\"clusters\": [{\"name\": \"c\", \"cluster\": {\"server\": \"https:\\/\\/api\"}}], \"users\": [{\"name\": \"u\", \"user\": {\"token\": \"t\"}}]}");
    REQUIRE(config);
    CHECK(config->server == "https://api");
    CHECK(config->user.token.reveal() == "t");
}

TEST_CASE("long base64 is the same in every style of YAML") {
    World world;
    const std::string pem = "-----BEGIN CERTIFICATE-----\n" + std::string(3000, 'x') + "\n-----END CERTIFICATE-----\n";
    const std::string data = base64_encode(pem);
    const std::string folded = data.substr(0, 1000) + "\n      " + data.substr(1000);
    for (const std::string& value : {data, "\"" + data + "\"", "'" + data + "'", "|\n      " + folded, ">-\n      " + folded, folded, "\"" + folded + "\"", "&ca " + data, "!!str " + data, data + " # comment"}) {
        CAPTURE(value);
        auto config = world.load("clusters:\n- name: c\n  cluster:\n    server: https://api\n    certificate-authority-data: " + value +
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
    auto config = world.load_fields(kServer + "certificate-authority: pki/ca.crt", "client-certificate: ./pki/me.crt\nclient-key: " + world.dir.path("pki/me.key"));
    REQUIRE(config);
    CHECK(config->ca_pem == kCert + "file");
    CHECK(config->user.client_cert_pem == kCert + "me");
    CHECK(config->user.client_key_pem.reveal() == kKey + "me");
    config = world.load_fields(kServer + "certificate-authority: missing\ncertificate-authority-data: " + base64_encode(kCert),
                               "client-certificate: missing\nclient-certificate-data: " + base64_encode(kCert) + "\nclient-key: missing\nclient-key-data: " + base64_encode(kKey));
    REQUIRE(config);
    CHECK(config->ca_pem == kCert);
    CHECK(config->user.client_cert_pem == kCert);
    CHECK(config->user.client_key_pem.reveal() == kKey);
}

TEST_CASE("the first file wins a whole entry, and the first that sets the current context wins that") {
    World world;
    world.dir.write("a/ca.crt", kCert);
    const std::string first = world.dir.write("a/config", "clusters:\n- name: c\n  cluster: {server: https://first, certificate-authority: ca.crt}\nusers:\n- name: u\n  user: {}\n");
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
    world.env["KUBECONFIG"] = ":" + world.dir.path("missing") + ":" + first + "::" + second + ":" + first + ":" + third + ":" + second;
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
    } good[] = {{"https://api:6443/", "https://api:6443"}, {"HTTPS://api", "https://api"},           {"https://api/a/b//", "https://api/a/b"}, {"https://[::1]:6443?a#b", "https://[::1]:6443"},
                {"http://localhost:8001", "http://localhost:8001"}, {"10.0.0.1:8080", "http://10.0.0.1:8080"}};
    World world;
    for (const auto& c : good) {
        CAPTURE(c.server);
        auto config = world.load_fields(fmt::format("server: \"{}\"", c.server), "{}");
        REQUIRE(config);
        CHECK(config->server == c.expected);
    }
    CHECK(world.load_fields("server: 10.0.0.1:6443\ninsecure-skip-tls-verify: true", "{}").value().server == "https://10.0.0.1:6443");
    struct {
        const char *server, *cause;
    } bad[] = {{"ftp://api", "its scheme is ftp"},           {"https://", "it has no host"},  {"https:///x", "it has no host"},      {"https://:6443", "it has no host"},
               {"https://me:pw@api", "a user name or password stands in it"}, {"api/path", "it has a path and no scheme"}, {"https://a b", "it holds blanks or control characters"},
               {"https://a\\r\\nX: y", "it holds blanks or control characters"}};
    for (const auto& c : bad) {
        CAPTURE(c.server);
        check_error(world.load_fields(fmt::format("server: \"{}\"", c.server), "{}"), "the server of cluster 'c' is no URL", c.cause, "write it as https://HOST:PORT");
    }
}

TEST_CASE("nothing secret is read for a server without TLS") {
    World world;
    auto config = world.load_fields("server: http://localhost:8001", "token: t\nusername: a\nclient-certificate: gone\nas: jane");
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

TEST_CASE("a pod without a service account or its CA says so") {
    World world;
    world.env = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
    check_error(world.load(), "there is no kubeconfig, and this pod has no service account token", world.dir.path("sa/token") + ": No such file or directory",
                "set automountServiceAccountToken: true, or pass --kubeconfig FILE");
    world.dir.write("sa/token", "t");
    check_error(world.load(), "the CA of this pod's service account cannot be read", world.dir.path("sa/ca.crt") + ": No such file or directory", "");
    world.flags.context = "prod";
    check_error(world.load(), "no kubeconfig was found", "neither KUBECONFIG nor HOME is set",
                "pass --kubeconfig FILE or set KUBECONFIG; without Kubernetes, name the nodes: --host HOST:PORT");
}

TEST_CASE("a kubeconfig that is not there, or cannot be read, is named") {
    World world;
    const std::string hint = "pass --kubeconfig FILE or set KUBECONFIG; without Kubernetes, name the nodes: --host HOST:PORT";
    world.env["HOME"] = world.dir.path();
    check_error(world.load(), "no kubeconfig was found", "looked at: " + world.dir.path(".kube/config"), hint);
    world.env["KUBECONFIG"] = world.dir.path("a") + ":" + world.dir.path("b");
    check_error(world.load(), "no kubeconfig was found", "looked at: " + world.dir.path("a") + ", " + world.dir.path("b"), hint);
    world.env["KUBECONFIG"] = world.dir.path();
    check_error(world.load(), "kubeconfig " + world.dir.path() + " cannot be read", "Is a directory", "");
    world.flags.kubeconfig = world.dir.path("c");
    check_error(world.load(), "kubeconfig " + world.dir.path("c") + " cannot be read", "No such file or directory", "");
    world.flags.kubeconfig = world.dir.write("empty", "---\n");
    check_error(world.load(), "kubeconfig " + world.dir.path("empty") + " is empty", "", "");
    world.flags.kubeconfig = world.dir.write("big", std::string((4 << 20) + 1, 'a'));
    check_error(world.load(), "kubeconfig " + world.dir.path("big") + " cannot be read", "it is larger than 4MiB", "");
}

TEST_CASE("what is no kubeconfig is refused with the place") {
    World world;
    const std::string file = world.dir.path("config");
    struct {
        std::string text, message, cause;
    } cases[] = {
        {"a: b\n c: d", file + " is no valid YAML", "line 2, column 3: illegal map value"},
        {"a:\n\tb: c", file + " is no valid YAML", "line 2, column 3: illegal map value"},
        {"a: *gone", file + " is no valid YAML", "line 1, column 4: the referenced anchor is not defined"},
        {"just text", file + " is no kubeconfig", "no mapping stands at its top"},
        {"- a", file + " is no kubeconfig", "no mapping stands at its top"},
        {std::string("a: b\0", 5), file + " is no kubeconfig", "it is no text"},
        {"kind: Pod\nclusters: []", file + " is no kubeconfig", "its kind is Pod"},
        {"clusters: 5", file + " has a wrong field", "line 1: clusters is no list"},
        {"clusters:\n- 5", file + " has a wrong field", "line 2: clusters is no mapping"},
        {"clusters:\n- name: c\n  cluster: [a]", file + " has a wrong field", "line 3: cluster is no mapping"},
        {"users:\n- name: u\n  user: {token: {a: b}}", file + " has a wrong field", "line 3: token is no text"},
        {"users:\n- name: [u]", file + " has a wrong field", "line 2: name is no text"},
        {"clusters:\n- name: c\n  cluster: {insecure-skip-tls-verify: maybe}", file + " has a wrong field", "line 3: insecure-skip-tls-verify is neither true nor false"},
        {"a: &a [*a]\nclusters: [{name: c, cluster: {extensions: [{name: client.authentication.k8s.io/exec, extension: &x [*x]}]}}]", file + " has a wrong field",
         "line 2: extension is nested too deeply"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        check_error(world.load(c.text), c.message, c.cause, "");
    }
}

TEST_CASE("deep nesting is an error in each of YAML's ways to nest, never a crash") {
    World world;
    for (const char* unit : {"[", "{", "- ", "? ", ": ", "{a: ", "[{", "{? ", "[a, "}) {
        CAPTURE(unit);
        std::string text;
        for (int i = 0; i < 20000; ++i) text += unit;
        auto config = world.load(text);
        REQUIRE(!config);
        CHECK(config.error().code == ErrorCode::usage);
        CHECK(config.error().message == world.dir.path("config") + " is no valid YAML");
        CHECK(config.error().cause.ends_with("nested too deeply"));
    }
}

TEST_CASE("aliases that expand without measure are an error") {
    World world;
    const std::string message = world.dir.path("config") + " is no usable kubeconfig", cause = "its aliases expand to more than 16 MiB";
    std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i <= 9; ++i) {
        laughs += fmt::format("a{}: &a{} [", i, i);
        for (int j = 0; j < 10; ++j) laughs += fmt::format("{}*a{}", j ? ", " : "", i - 1);
        laughs += "]\n";
    }
    check_error(world.load(laughs + "clusters: [{name: c, cluster: {extensions: [{name: client.authentication.k8s.io/exec, extension: *a9}]}}]"), message, cause, "");
    std::string copies = "x: &x " + std::string(100'000, 'A') + "\nusers:\n";
    for (int i = 0; i < 1000; ++i) copies += fmt::format("- {{name: u{}, user: {{token: *x}}}}\n", i);
    check_error(world.load(copies), message, cause, "");
}

TEST_CASE("a name twice in one file is an error") {
    World world;
    const std::string file = world.dir.path("config");
    check_error(world.load("clusters: [{name: c}, {name: d}, {name: c}]"), file + " names the cluster 'c' twice", "", "remove one of the two");
    check_error(world.load("users: [{name: u}, {name: u}]"), file + " names the user 'u' twice", "", "remove one of the two");
    check_error(world.load("contexts: [{name: x}, {name: x}]"), file + " names the context 'x' twice", "", "remove one of the two");
}

TEST_CASE("a context, cluster or user that is not there is named with those that are") {
    World world;
    const std::string text = R"(
contexts: [{name: prod-2, context: {cluster: c, user: u}}, {name: prod-10, context: {cluster: gone, user: u}}, {name: half, context: {user: u}}, {name: nobody, context: {cluster: c, user: w}}]
clusters: [{name: c, cluster: {server: https://api}}, {name: noserver, cluster: {}}]
users: [{name: u, user: {}}]
)";
    world.flags.context = "prod-3";
    check_error(world.load(text), "context 'prod-3' does not exist", "there are: half, nobody, prod-2, prod-10", "did you mean --context prod-2?");
    world.flags.context = "zzz";
    check_error(world.load(text), "context 'zzz' does not exist", "there are: half, nobody, prod-2, prod-10", "");
    world.flags.context = "prod-10";
    check_error(world.load(text), "cluster 'gone' of context 'prod-10' does not exist", "there are: c, noserver", "");
    world.flags.context = "half";
    check_error(world.load(text), "context 'half' names no cluster", world.dir.path("config"), "");
    world.flags.context = "nobody";
    check_error(world.load(text), "user 'w' of context 'nobody' does not exist", "there are: u", "did you mean u?");
    world.flags.cluster = "noserver";
    check_error(world.load(text), "cluster 'noserver' names no server", world.dir.path("config"), "");
    world.flags = {};
    check_error(world.load(text), "no current context is set", "there are: half, nobody, prod-2, prod-10", "pass --context NAME, or run kubectl config use-context NAME");
    check_error(world.load("current-context: old\n" + text), "current context 'old' does not exist", "there are: half, nobody, prod-2, prod-10", "");
    check_error(world.load("current-context: old\n"), "current context 'old' does not exist", "the kubeconfig has none", "");
    std::string many = "contexts:\n";
    for (int i = 0; i < 12; ++i) many += fmt::format("- name: n{}\n", i);
    check_error(world.load(many), "no current context is set", "there are: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 2 more", "pass --context NAME, or run kubectl config use-context NAME");
    world.flags.cluster = "c";
    CHECK(world.load(text).value().user.name == "");
}

TEST_CASE("contradictions and bad certificates are refused") {
    World world;
    const std::string file = world.dir.path("config");
    const std::string cert = "client-certificate-data: " + base64_encode(kCert) + "\n";
    struct {
        std::string cluster, user, message, cause, hint;
    } cases[] = {
        {"insecure-skip-tls-verify: true\ncertificate-authority: x", "", "cluster 'c' has both insecure-skip-tls-verify and a certificate-authority", file, "remove one of the two"},
        {"certificate-authority-data: '%%%'", "", "certificate-authority-data of cluster 'c' is no base64", "", ""},
        {"certificate-authority-data: QUJD", "", "certificate-authority of cluster 'c' holds no PEM block", "", ""},
        {"certificate-authority: gone.crt", "", "certificate-authority of cluster 'c' cannot be read", world.dir.path("gone.crt") + ": No such file or directory", ""},
        {"proxy-url: 'ftp://me:pw@proxy'", "", "proxy-url of cluster 'c' has the scheme 'ftp'", "", "http, https and socks5 are known"},
        {"proxy-url: proxy", "", "proxy-url of cluster 'c' is no URL", "", ""},
        {"", "client-certificate: gone.crt", "client-certificate of user 'u' cannot be read", world.dir.path("gone.crt") + ": No such file or directory", ""},
        {"", cert, "user 'u' has a client-certificate and no client-key", file, ""},
        {"", cert + "client-key-data: '%%%'", "client-key-data of user 'u' is no base64", "", ""},
        {"", cert + "client-key: gone.key", "client-key of user 'u' cannot be read", world.dir.path("gone.key") + ": No such file or directory", ""},
        {"", "token: t\nusername: a", "user 'u' has both a token and a password", file, "remove one of the two"},
        {"", "as-groups: [a]", "a group, uid or extra field is impersonated without a user", "", "add --as USER"},
        {"", "as: \"a\\r\\nX: y\"", "the name to impersonate holds control characters", "", ""},
        {"", "as: a\nas-user-extra: {k: [\"a\\nb\"]}", "the name to impersonate holds control characters", "", ""},
    };
    for (const auto& c : cases) {
        CAPTURE(c.message);
        check_error(world.load_fields(kServer + c.cluster, c.user.empty() ? "token: t" : c.user), c.message, c.cause, c.hint);
    }
    world.flags.ns = "a/../b";
    check_error(world.load_fields(kServer, "token: t"), "'a/../b' is no namespace", "small letters, digits and '-' are allowed, at most 63", "");
}

TEST_CASE("a plugin entry that kubectl refuses is refused") {
    World world;
    const std::string v1 = "apiVersion: client.authentication.k8s.io/v1, ";
    struct {
        std::string exec, cause, hint;
    } cases[] = {
        {v1 + "interactiveMode: Never", "exec names no command", ""},
        {"command: aws", "exec names no apiVersion", ""},
        {"command: aws, apiVersion: client.authentication.k8s.io/v1alpha1", "its apiVersion is client.authentication.k8s.io/v1alpha1",
         "client.authentication.k8s.io/v1 and v1beta1 are known: update the plugin and the kubeconfig entry"},
        {v1 + "command: aws", "exec names no interactiveMode", "add interactiveMode: IfAvailable to the entry"},
        {v1 + "command: aws, interactiveMode: Sometimes", "its interactiveMode is Sometimes", "Never, IfAvailable and Always are known"},
        {v1 + "command: aws, interactiveMode: Never, env: [{value: x}]", "exec names an environment variable that is none", ""},
    };
    for (const auto& c : cases) {
        CAPTURE(c.exec);
        check_error(world.load_fields(kServer, "exec: {" + c.exec + "}"), "the credential plugin of user 'u' cannot be used", c.cause, c.hint);
    }
    check_error(world.load_fields(kServer, "exec: {" + v1 + "command: a, interactiveMode: Never}\nauth-provider: {name: gcp}"), "user 'u' has both an exec plugin and an auth-provider",
                world.dir.path("config"), "remove the auth-provider");
}

TEST_CASE("of the auth-providers an unexpired OpenID token is used, the others name their successor") {
    World world;
    const std::string good = token_that_expires(4102444800);
    auto config = world.load_fields(kServer, "auth-provider: {name: oidc, config: {client-id: x, id-token: " + good + "}}");
    REQUIRE(config);
    CHECK(config->user.token.reveal() == good);
    const std::string hint = "run kubectl get pods, which refreshes it, or use the exec plugin kubelogin (kubectl oidc-login)";
    const std::string cause = "its auth-provider is oidc, whose tokens are not refreshed here";
    check_error(world.load_fields(kServer, "auth-provider: {name: oidc, config: {id-token: " + token_that_expires(1000) + "}}"), "the id-token of user 'u' has expired", cause, hint);
    check_error(world.load_fields(kServer, "auth-provider: {name: oidc, config: {id-token: garbage}}"), "the id-token of user 'u' has expired", cause, hint);
    check_error(world.load_fields(kServer, "auth-provider: {name: oidc}"), "user 'u' has no id-token", "its auth-provider is oidc, whose tokens are not fetched here",
                "use the exec plugin kubelogin (kubectl oidc-login)");
    struct {
        const char *name, *hint;
    } others[] = {{"gcp", "install gke-gcloud-auth-plugin, then run gcloud container clusters get-credentials CLUSTER"},
                  {"azure", "install kubelogin, then run kubelogin convert-kubeconfig"},
                  {"own", "use an exec plugin: kubelogin for OpenID and Azure, gke-gcloud-auth-plugin for Google"}};
    for (const auto& other : others)
        check_error(world.load_fields(kServer, fmt::format("auth-provider: {{name: {}}}", other.name)), fmt::format("user 'u' signs in with auth-provider '{}'", other.name),
                    "Kubernetes replaced it by exec plugins in 1.26", other.hint);
}

TEST_CASE("no error shows a secret") {
    World world;
    for (const char* user : {"token: s3cret\nusername: a", "client-certificate: gone\nclient-key-data: s3cret", "token: {s3cret: b}", "auth-provider: {name: gcp, config: {id-token: s3cret}}",
                             "password: [s3cret]", "token: s3cret\n bad: *s3cret"}) {
        CAPTURE(user);
        auto config = world.load_fields(kServer, user);
        REQUIRE(!config);
        const Error& error = config.error();
        CHECK((error.message + error.cause + error.hint).find("s3cret") == std::string::npos);
    }
}
