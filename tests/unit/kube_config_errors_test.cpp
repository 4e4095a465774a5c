#include "tests/unit/kube_config_world.h"

using namespace redisctl;
using namespace redisctl::test;

TEST_CASE("a pod without a service account or its CA says so") {
    World world;
    world.env = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
    check_error(world.load(), "there is no kubeconfig, and this pod has no service account token",
                world.dir.path("sa/token") + ": No such file or directory",
                "set automountServiceAccountToken: true, or pass --kubeconfig FILE");
    world.dir.write("sa/token", "t");
    check_error(world.load(), "the CA of this pod's service account cannot be read",
                world.dir.path("sa/ca.crt") + ": No such file or directory", "");
    world.flags.context = "prod";
    check_error(world.load(), "no kubeconfig was found", "neither KUBECONFIG nor HOME is set",
                "pass --kubeconfig FILE or set KUBECONFIG; without Kubernetes, name the nodes: --host HOST:PORT");
}

TEST_CASE("a kubeconfig that is not there, or cannot be read, is named") {
    World world;
    const std::string hint =
        "pass --kubeconfig FILE or set KUBECONFIG; without Kubernetes, name the nodes: --host HOST:PORT";
    world.env["HOME"] = world.dir.path();
    check_error(world.load(), "no kubeconfig was found", "looked at: " + world.dir.path(".kube/config"), hint);
    world.env["KUBECONFIG"] = world.dir.path("a") + ":" + world.dir.path("b");
    check_error(world.load(), "no kubeconfig was found",
                "looked at: " + world.dir.path("a") + ", " + world.dir.path("b"), hint);
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
        {"clusters:\n- name: c\n  cluster: {insecure-skip-tls-verify: maybe}", file + " has a wrong field",
         "line 3: insecure-skip-tls-verify is neither true nor false"},
        {"a: &a [*a]\nclusters: [{name: c, cluster: {extensions: [{name: client.authentication.k8s.io/exec, extension: "
         "&x [*x]}]}}]",
         file + " has a wrong field", "line 2: extension is nested too deeply"},
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
    const std::string message = world.dir.path("config") + " is no usable kubeconfig",
                      cause = "its aliases expand to more than 16 MiB";
    std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i <= 9; ++i) {
        laughs += fmt::format("a{}: &a{} [", i, i);
        for (int j = 0; j < 10; ++j) laughs += fmt::format("{}*a{}", j ? ", " : "", i - 1);
        laughs += "]\n";
    }
    check_error(world.load(laughs + "clusters: [{name: c, cluster: {extensions: [{name: "
                                    "client.authentication.k8s.io/exec, extension: *a9}]}}]"),
                message, cause, "");
    std::string copies = "x: &x " + std::string(100'000, 'A') + "\nusers:\n";
    for (int i = 0; i < 1000; ++i) copies += fmt::format("- {{name: u{}, user: {{token: *x}}}}\n", i);
    check_error(world.load(copies), message, cause, "");
}

TEST_CASE("a name twice in one file is an error") {
    World world;
    const std::string file = world.dir.path("config");
    check_error(world.load("clusters: [{name: c}, {name: d}, {name: c}]"), file + " names the cluster 'c' twice", "",
                "remove one of the two");
    check_error(world.load("users: [{name: u}, {name: u}]"), file + " names the user 'u' twice", "",
                "remove one of the two");
    check_error(world.load("contexts: [{name: x}, {name: x}]"), file + " names the context 'x' twice", "",
                "remove one of the two");
}

TEST_CASE("a context, cluster or user that is not there is named with those that are") {
    World world;
    const std::string text = R"(
contexts: [{name: prod-2, context: {cluster: c, user: u}}, {name: prod-10, context: {cluster: gone, user: u}}, {name: half, context: {user: u}}, {name: nobody, context: {cluster: c, user: w}}]
clusters: [{name: c, cluster: {server: https://api}}, {name: noserver, cluster: {}}]
users: [{name: u, user: {}}]
)";
    world.flags.context = "prod-3";
    check_error(world.load(text), "context 'prod-3' does not exist", "there are: half, nobody, prod-2, prod-10",
                "did you mean --context prod-2?");
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
    check_error(world.load(text), "no current context is set", "there are: half, nobody, prod-2, prod-10",
                "pass --context NAME, or run kubectl config use-context NAME");
    check_error(world.load("current-context: old\n" + text), "current context 'old' does not exist",
                "there are: half, nobody, prod-2, prod-10", "");
    check_error(world.load("current-context: old\n"), "current context 'old' does not exist", "the kubeconfig has none",
                "");
    std::string many = "contexts:\n";
    for (int i = 0; i < 12; ++i) many += fmt::format("- name: n{}\n", i);
    check_error(world.load(many), "no current context is set",
                "there are: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 2 more",
                "pass --context NAME, or run kubectl config use-context NAME");
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
        {"insecure-skip-tls-verify: true\ncertificate-authority: x", "",
         "cluster 'c' has both insecure-skip-tls-verify and a certificate-authority", file, "remove one of the two"},
        {"certificate-authority-data: '%%%'", "", "certificate-authority-data of cluster 'c' is no base64", "", ""},
        {"certificate-authority-data: QUJD", "", "certificate-authority of cluster 'c' holds no PEM block", "", ""},
        {"certificate-authority: gone.crt", "", "certificate-authority of cluster 'c' cannot be read",
         world.dir.path("gone.crt") + ": No such file or directory", ""},
        {"proxy-url: 'ftp://me:pw@proxy'", "", "proxy-url of cluster 'c' has the scheme 'ftp'", "",
         "http, https and socks5 are known"},
        {"proxy-url: proxy", "", "proxy-url of cluster 'c' is no URL", "", ""},
        {"", "client-certificate: gone.crt", "client-certificate of user 'u' cannot be read",
         world.dir.path("gone.crt") + ": No such file or directory", ""},
        {"", cert, "user 'u' has a client-certificate and no client-key", file, ""},
        {"", cert + "client-key-data: '%%%'", "client-key-data of user 'u' is no base64", "", ""},
        {"", cert + "client-key: gone.key", "client-key of user 'u' cannot be read",
         world.dir.path("gone.key") + ": No such file or directory", ""},
        {"", "token: t\nusername: a", "user 'u' has both a token and a password", file, "remove one of the two"},
        {"", "as-groups: [a]", "a group, uid or extra field is impersonated without a user", "", "add --as USER"},
        {"", "as: \"a\\r\\nX: y\"", "the name to impersonate holds control characters", "", ""},
        {"", "as: a\nas-user-extra: {k: [\"a\\nb\"]}", "the name to impersonate holds control characters", "", ""},
    };
    for (const auto& c : cases) {
        CAPTURE(c.message);
        check_error(world.load_fields(kServer + c.cluster, c.user.empty() ? "token: t" : c.user), c.message, c.cause,
                    c.hint);
    }
    world.flags.ns = "a/../b";
    check_error(world.load_fields(kServer, "token: t"), "'a/../b' is no namespace",
                "small letters, digits and '-' are allowed, at most 63", "");
}

TEST_CASE("a plugin entry that kubectl refuses is refused") {
    World world;
    const std::string v1 = "apiVersion: client.authentication.k8s.io/v1, ";
    struct {
        std::string exec, cause, hint;
    } cases[] = {
        {v1 + "interactiveMode: Never", "exec names no command", ""},
        {"command: aws", "exec names no apiVersion", ""},
        {"command: aws, apiVersion: client.authentication.k8s.io/v1alpha1",
         "its apiVersion is client.authentication.k8s.io/v1alpha1",
         "client.authentication.k8s.io/v1 and v1beta1 are known: update the plugin and the kubeconfig entry"},
        {v1 + "command: aws", "exec names no interactiveMode", "add interactiveMode: IfAvailable to the entry"},
        {v1 + "command: aws, interactiveMode: Sometimes", "its interactiveMode is Sometimes",
         "Never, IfAvailable and Always are known"},
        {v1 + "command: aws, interactiveMode: Never, env: [{value: x}]",
         "exec names an environment variable that is none", ""},
    };
    for (const auto& c : cases) {
        CAPTURE(c.exec);
        check_error(world.load_fields(kServer, "exec: {" + c.exec + "}"),
                    "the credential plugin of user 'u' cannot be used", c.cause, c.hint);
    }
    check_error(
        world.load_fields(kServer, "exec: {" + v1 + "command: a, interactiveMode: Never}\nauth-provider: {name: gcp}"),
        "user 'u' has both an exec plugin and an auth-provider", world.dir.path("config"), "remove the auth-provider");
}

TEST_CASE("of the auth-providers an unexpired OpenID token is used, the others name their successor") {
    World world;
    const std::string good = token_that_expires(4102444800);
    auto config =
        world.load_fields(kServer, "auth-provider: {name: oidc, config: {client-id: x, id-token: " + good + "}}");
    REQUIRE(config);
    CHECK(config->user.token.reveal() == good);
    const std::string hint =
        "run kubectl get pods, which refreshes it, or use the exec plugin kubelogin (kubectl oidc-login)";
    const std::string cause = "its auth-provider is oidc, whose tokens are not refreshed here";
    check_error(
        world.load_fields(kServer, "auth-provider: {name: oidc, config: {id-token: " + token_that_expires(1000) + "}}"),
        "the id-token of user 'u' has expired", cause, hint);
    check_error(world.load_fields(kServer, "auth-provider: {name: oidc, config: {id-token: garbage}}"),
                "the id-token of user 'u' has expired", cause, hint);
    check_error(world.load_fields(kServer, "auth-provider: {name: oidc}"), "user 'u' has no id-token",
                "its auth-provider is oidc, whose tokens are not fetched here",
                "use the exec plugin kubelogin (kubectl oidc-login)");
    struct {
        const char *name, *hint;
    } others[] = {{"gcp", "install gke-gcloud-auth-plugin, then run gcloud container clusters get-credentials CLUSTER"},
                  {"azure", "install kubelogin, then run kubelogin convert-kubeconfig"},
                  {"own", "use an exec plugin: kubelogin for OpenID and Azure, gke-gcloud-auth-plugin for Google"}};
    for (const auto& other : others)
        check_error(world.load_fields(kServer, fmt::format("auth-provider: {{name: {}}}", other.name)),
                    fmt::format("user 'u' signs in with auth-provider '{}'", other.name),
                    "Kubernetes replaced it by exec plugins in 1.26", other.hint);
}

TEST_CASE("no error shows a secret") {
    World world;
    for (const char* user : {"token: s3cret\nusername: a", "client-certificate: gone\nclient-key-data: s3cret",
                             "token: {s3cret: b}", "auth-provider: {name: gcp, config: {id-token: s3cret}}",
                             "password: [s3cret]", "token: s3cret\n bad: *s3cret"}) {
        CAPTURE(user);
        auto config = world.load_fields(kServer, user);
        REQUIRE(!config);
        const Error& error = config.error();
        CHECK((error.message + error.cause + error.hint).find("s3cret") == std::string::npos);
    }
}
