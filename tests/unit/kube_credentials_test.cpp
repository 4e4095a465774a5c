#include "base/fd.h"
#include "base/text.h"
#include "kube/credentials.h"
#include "kube/exec_plugin.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

using namespace redisctl;
using kube::ClusterConfig;
using kube::Credentials;
using kube::Identity;
using nlohmann::json;
using test::TempDir;

namespace {

const std::string kV1 = "client.authentication.k8s.io/v1";
const std::string kV1beta1 = "client.authentication.k8s.io/v1beta1";

std::string answer(const std::string& status, const std::string& version = kV1) {
    return fmt::format(R"({{"apiVersion":"{}","kind":"ExecCredential","status":{}}})", version, status);
}

// A plugin as a shell script that counts its runs in the file "runs".
struct Plugin {
    TempDir dir;
    ClusterConfig config;

    explicit Plugin(const std::string& body, const std::string& version = kV1) {
        config.server = "https://api:6443";
        config.user.name = "u";
        config.user.exec.emplace();
        config.user.exec->api_version = version;
        config.user.exec->interactive_mode = "Never";
        config.user.exec->command = dir.script("plugin", "echo run >> " + dir.path("runs") + "\n" + body);
    }
    static Plugin printing(const std::string& text, const std::string& version = kV1) {
        return Plugin("cat <<'END'\n" + text + "\nEND\n", version);
    }
    Plugin(const Plugin&) = delete;

    size_t runs() const { return dir.read("runs").size() / 4; }
};

void check_error(const Result<Identity>& result, const std::string& message, const std::string& cause,
                 const std::string& hint = "") {
    REQUIRE(!result);
    CHECK(result.error().code == ErrorCode::unauthenticated);
    CHECK(result.error().message == message);
    CHECK(result.error().cause == cause);
    CHECK(result.error().hint == hint);
}

// stdin is /dev/null for the life of this, as it is under cron and in CI.
class NoStdin {
  public:
    NoStdin() : saved_(::dup(STDIN_FILENO)) { replace(Fd(::open("/dev/null", O_RDONLY))); }
    NoStdin(const NoStdin&) = delete;
    ~NoStdin() { replace(std::move(saved_)); }

  private:
    static void replace(Fd with) { ::dup2(with.get(), STDIN_FILENO); }
    Fd saved_;
};

}  // namespace

TEST_CASE("a static identity is a token, a password or a certificate, with impersonation beside it") {
    ClusterConfig config;
    config.user.client_cert_pem = "cert";
    config.user.client_key_pem = Secret("key");
    config.user.token = Secret("t0ken\n");
    config.user.impersonate = {"jane", "7", {"dev", "ops"}, {{"acme.com/Reason", "on call"}, {"50%", "x"}}};
    Credentials credentials(config);
    auto identity = credentials.current();
    REQUIRE(identity);
    CHECK(identity->authorization.reveal() == "Bearer t0ken");
    CHECK(identity->client_cert_pem == "cert");
    CHECK(identity->client_key_pem.reveal() == "key");
    CHECK(identity->headers == std::vector<std::string>{"Impersonate-User: jane", "Impersonate-Uid: 7",
                                                        "Impersonate-Group: dev", "Impersonate-Group: ops",
                                                        "Impersonate-Extra-acme.com%2FReason: on call",
                                                        "Impersonate-Extra-50%25: x"});
    CHECK(!credentials.refresh());
    CHECK(!credentials.remaining_seconds());

    ClusterConfig basic;
    basic.user.username = "admin";
    basic.user.password = Secret("p:w");
    CHECK(Credentials(basic).current().value().authorization.reveal() == "Basic " + base64_encode("admin:p:w"));
    CHECK(!Credentials(basic).refresh());

    Identity nobody = Credentials(ClusterConfig()).current().value();
    CHECK(nobody.authorization.empty());
    CHECK(nobody.headers.empty());
}

TEST_CASE("a token that would break its header is refused and not shown") {
    ClusterConfig config;
    config.user.name = "u";
    config.user.token = Secret("s3cret\r\nX-Evil: 1");
    check_error(Credentials(config).current(), "the token of user 'u' holds control characters", "");
}

TEST_CASE("a static token that says when it expires is watched") {
    ClusterConfig config;
    config.user.token = Secret("e30." + base64_encode(R"({"exp":4102444800})") + ".c2ln");
    Credentials credentials(config);
    CHECK(!credentials.remaining_seconds());
    REQUIRE(credentials.current());
    REQUIRE(credentials.remaining_seconds());
    CHECK(*credentials.remaining_seconds() > 100'000'000);
}

TEST_CASE("a token file is read again after 50 s and after a refresh") {
    TempDir dir;
    ClusterConfig config;
    config.user.token = Secret("fallback");
    config.user.token_file = dir.write("token", "one\n");
    TimePoint now{};
    kube::CredentialSources sources;
    sources.now = [&] { return now; };
    Credentials credentials(config, sources);
    auto token = [&] { return std::string(credentials.current().value().authorization.reveal()); };
    CHECK(token() == "Bearer one");
    dir.write("token", "two");
    now += std::chrono::seconds(49);
    CHECK(token() == "Bearer one");
    now += std::chrono::seconds(1);
    CHECK(token() == "Bearer two");
    dir.write("token", "three");
    CHECK(token() == "Bearer two");
    CHECK(credentials.refresh());
    CHECK(token() == "Bearer three");
    CHECK(!credentials.remaining_seconds());

    // What was read once outlives the file, as between the two steps of a rotation.
    dir.write("token", "");
    now += std::chrono::seconds(50);
    CHECK(token() == "Bearer three");
    std::filesystem::remove(dir.path("token"));
    credentials.refresh();
    CHECK(token() == "Bearer three");
}

TEST_CASE("without a readable token file the token counts, and without both there is an error") {
    TempDir dir;
    ClusterConfig config;
    config.user.token = Secret("fallback");
    config.user.token_file = dir.path("token");
    CHECK(Credentials(config).current().value().authorization.reveal() == "Bearer fallback");
    config.user.token = Secret();
    check_error(Credentials(config).current(), "token file " + dir.path("token") + " cannot be used",
                "No such file or directory");
    dir.write("token", " \n");
    check_error(Credentials(config).current(), "token file " + dir.path("token") + " cannot be used", "it is empty");
}

TEST_CASE("a plugin's answer is cached until it expires or is refused") {
    Plugin plugin = Plugin::printing(answer(R"({"token":"t","expirationTimestamp":"2100-01-01T00:00:00Z"})"));
    Credentials credentials(plugin.config);
    CHECK(!credentials.remaining_seconds());
    CHECK(credentials.current().value().authorization.reveal() == "Bearer t");
    CHECK(credentials.current().value().authorization.reveal() == "Bearer t");
    CHECK(plugin.runs() == 1);
    CHECK(*credentials.remaining_seconds() > 100'000'000);
    CHECK(credentials.refresh());
    CHECK(!credentials.remaining_seconds());
    REQUIRE(credentials.current());
    CHECK(plugin.runs() == 2);

    Plugin expired = Plugin::printing(answer(R"({"token":"t","expirationTimestamp":"2000-01-01T00:00:00Z"})"));
    Credentials again(expired.config);
    CHECK(again.current().value().authorization.reveal() == "Bearer t");
    CHECK(*again.remaining_seconds() < 0);
    REQUIRE(again.current());
    CHECK(expired.runs() == 2);

    Plugin forever = Plugin::printing(answer(R"({"token":"t"})"));
    Credentials once(forever.config);
    REQUIRE(once.current());
    REQUIRE(once.current());
    CHECK(forever.runs() == 1);
    CHECK(!once.remaining_seconds());
}

TEST_CASE("a plugin may give a client certificate, which replaces the kubeconfig's") {
    Plugin plugin =
        Plugin::printing(answer(R"({"clientCertificateData":"CERT","clientKeyData":"KEY"})", kV1beta1), kV1beta1);
    plugin.config.user.client_cert_pem = "old";
    auto identity = Credentials(plugin.config).current();
    REQUIRE(identity);
    CHECK(identity->client_cert_pem == "CERT");
    CHECK(identity->client_key_pem.reveal() == "KEY");
    CHECK(identity->authorization.empty());
}

TEST_CASE("a token or a password of the kubeconfig is used before a plugin") {
    Plugin plugin = Plugin::printing(answer(R"({"token":"plugin"})"));
    plugin.config.user.token = Secret("static");
    CHECK(Credentials(plugin.config).current().value().authorization.reveal() == "Bearer static");
    CHECK(plugin.runs() == 0);
}

TEST_CASE("a plugin gets its arguments, its environment over ours and /dev/null, and no shell sees them") {
    ::setenv("REDISCTL_TEST_OURS", "ours", 1);
    ::setenv("REDISCTL_TEST_BOTH", "ours", 1);
    Plugin plugin(
        "printf '%s|' \"$@\" \"$REDISCTL_TEST_OURS\" \"$REDISCTL_TEST_BOTH\" > "
        "\"$OUT\"; printf %s \"$KUBERNETES_EXEC_INFO\" > \"$INFO\"; cat > \"$IN\"\n"
        "echo '" +
        answer(R"({"token":"t"})") + "'");
    plugin.config.user.exec->args = {"a b", "$(touch nothing)", "", "*"};
    plugin.config.user.exec->env = {{"REDISCTL_TEST_BOTH", "plugin's"},
                                    {"OUT", plugin.dir.path("out")},
                                    {"INFO", plugin.dir.path("info")},
                                    {"IN", plugin.dir.path("in")}};
    REQUIRE(Credentials(plugin.config).current());
    CHECK(plugin.dir.read("out") == "a b|$(touch nothing)||*|ours|plugin's|");
    CHECK(
        json::parse(plugin.dir.read("info")) ==
        json::parse(
            R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}})"));
    CHECK(plugin.dir.read("in") == "");
    ::unsetenv("REDISCTL_TEST_OURS");
    ::unsetenv("REDISCTL_TEST_BOTH");
}

TEST_CASE("a bare plugin name is looked for in PATH") {
    Plugin plugin = Plugin::printing(answer(R"({"token":"t"})"));
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", (plugin.dir.path() + ":" + path).c_str(), 1);
    plugin.config.user.exec->command = "plugin";
    CHECK(Credentials(plugin.config).current().value().authorization.reveal() == "Bearer t");
    ::setenv("PATH", path.c_str(), 1);
}

TEST_CASE("the cluster is told to a plugin only when it asks") {
    ClusterConfig config;
    config.server = "https://api/prefix";
    config.ca_pem = "CA";
    config.tls_server_name = "kubernetes";
    config.proxy_url = "http://proxy";
    config.disable_compression = true;
    config.user.exec.emplace();
    config.user.exec->api_version = kV1beta1;
    config.user.exec->cluster_extension_json = R"({"audience":"redis"})";
    CHECK(
        json::parse(exec_info(config, true)) ==
        json::parse(
            R"({"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","spec":{"interactive":true}})"));
    config.user.exec->provide_cluster_info = true;
    CHECK(
        json::parse(exec_info(config, false)) ==
        json::parse(
            R"({"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","spec":{"interactive":false,"cluster":
        {"server":"https://api/prefix","tls-server-name":"kubernetes","certificate-authority-data":"Q0E=","proxy-url":"http://proxy","disable-compression":true,"config":{"audience":"redis"}}}})"));
    ClusterConfig bare;
    bare.server = "https://api";
    bare.insecure = true;
    bare.user.exec = config.user.exec;
    bare.user.exec->cluster_extension_json = "";
    CHECK(json::parse(exec_info(bare, false))["spec"]["cluster"] ==
          json::parse(R"({"server":"https://api","insecure-skip-tls-verify":true})"));
}

TEST_CASE("interactiveMode Always needs a terminal, IfAvailable does without") {
    NoStdin no_stdin;
    Plugin plugin = Plugin::printing(answer(R"({"token":"t"})"));
    plugin.config.user.exec->interactive_mode = "IfAvailable";
    CHECK(Credentials(plugin.config).current().value().authorization.reveal() == "Bearer t");
    plugin.config.user.exec->interactive_mode = "Always";
    check_error(Credentials(plugin.config).current(),
                "credential plugin " + plugin.dir.path("plugin") + " needs a terminal",
                "its interactiveMode is Always and stdin is no terminal");
    CHECK(plugin.runs() == 1);
}

TEST_CASE("what is no usable answer is an error that shows none of it") {
    const std::string token = R"({"token":"s3cret"})";
    struct {
        std::string text, cause;
    } cases[] = {
        {"", "its output is no JSON object"},
        {"s3cret", "its output is no JSON object"},
        {"[]", "its output is no JSON object"},
        {R"({"kind":"s\u001b"})", "the kind is 's\\x1b'"},
        {answer(token, kV1beta1),
         "the apiVersion is 'client.authentication.k8s.io/v1beta1' and not the configured "
         "'client.authentication.k8s.io/v1'"},
        {answer("null"), "it has no status"},
        {answer("{}"), "it has neither a token nor a client certificate"},
        {answer(R"({"token":5})"), "it has neither a token nor a client certificate"},
        {answer(R"({"clientCertificateData":"x"})"), "it has a client certificate or a key, not both"},
        {answer(R"({"token":"t","clientKeyData":"x"})"), "it has a client certificate or a key, not both"},
        {answer(R"({"token":"t","expirationTimestamp":"s3cret"})"), "its expirationTimestamp is no time"},
        {answer(R"({"token":"t","expirationTimestamp":5})"), "its expirationTimestamp is no time"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        auto credential = kube::parse_exec_credential(c.text, kV1, "aws");
        REQUIRE(!credential);
        CHECK(credential.error().code == ErrorCode::unauthenticated);
        CHECK(credential.error().message == "credential plugin aws answered no usable ExecCredential");
        CHECK(credential.error().cause == c.cause);
    }
    auto credential = kube::parse_exec_credential(answer(R"({"token":"t","expirationTimestamp":null})"), kV1, "aws");
    REQUIRE(credential);
    CHECK(!credential->expires_at);
}

TEST_CASE("a plugin that is missing shows its install hint without control characters") {
    Plugin plugin("");
    plugin.config.user.exec->command = plugin.dir.path("gone");
    plugin.config.user.exec->install_hint = "run:\x1b[31m apt install it";
    check_error(Credentials(plugin.config).current(), "credential plugin " + plugin.dir.path("gone") + " was not found",
                "No such file or directory", "run:\\x1b[31m apt install it");
    plugin.config.user.exec->command = plugin.dir.write("not-executable", "");
    plugin.config.user.exec->install_hint = "";
    check_error(Credentials(plugin.config).current(),
                "credential plugin " + plugin.dir.path("not-executable") + " cannot be started", "Permission denied");
}

TEST_CASE("a plugin that fails is an error with its exit code, and is run again next time") {
    Plugin plugin("echo s3cret; exit 3");
    Credentials credentials(plugin.config);
    const std::string message = "credential plugin " + plugin.dir.path("plugin") + " failed",
                      hint = "sign in again as its own message says";
    check_error(credentials.current(), message, "exit code 3", hint);
    check_error(credentials.current(), message, "exit code 3", hint);
    CHECK(plugin.runs() == 2);
    Plugin killed("kill -KILL $$");
    check_error(Credentials(killed.config).current(), "credential plugin " + killed.dir.path("plugin") + " failed",
                "exit code 137", hint);
}

TEST_CASE("a plugin that says too much or takes too long is ended") {
    // exec, so that the one child is what waits: only it may be ended.
    Plugin chatter("exec yes");
    auto credential = kube::run_exec_plugin(chatter.config, Deadline::after(std::chrono::seconds(20)), -1);
    REQUIRE(!credential);
    CHECK(credential.error().code == ErrorCode::unauthenticated);
    CHECK(credential.error().message ==
          "credential plugin " + chatter.dir.path("plugin") + " answered no ExecCredential");
    CHECK(credential.error().cause == chatter.dir.path("plugin") + " says more than 1MiB");

    Plugin sleeper("exec sleep 1000");
    credential = kube::run_exec_plugin(sleeper.config, Deadline::after(Millis(1)), -1);
    REQUIRE(!credential);
    CHECK(credential.error().code == ErrorCode::unauthenticated);
    CHECK(credential.error().message == "credential plugin " + sleeper.dir.path("plugin") + " did not end in time");
    CHECK(credential.error().cause == "it was stopped");
}

TEST_CASE("a signal ends the wait for a plugin and the plugin, also one that ignores SIGTERM") {
    for (const char* trap : {"", "trap '' TERM\n"}) {
        CAPTURE(trap);
        // The plugin itself raises the signal, once it is ready for its end.
        Plugin plugin(std::string(trap) + "echo $$ > \"$PID\"; echo now > \"$SIGNAL\"; exec sleep 1000");
        plugin.config.user.exec->env = {{"PID", plugin.dir.path("pid")}, {"SIGNAL", plugin.dir.path("signal")}};
        REQUIRE(::mkfifo(plugin.dir.path("signal").c_str(), 0600) == 0);
        Fd signal(::open(plugin.dir.path("signal").c_str(), O_RDWR | O_CLOEXEC));
        REQUIRE(signal);
        kube::CredentialSources sources;
        sources.interrupt_fd = [&] { return signal.get(); };
        auto identity = Credentials(plugin.config, sources).current();
        REQUIRE(!identity);
        CHECK(identity.error().code == ErrorCode::interrupted);
        CHECK(identity.error().message == plugin.dir.path("plugin") + " was interrupted");
        auto pid = parse_int(trim(plugin.dir.read("pid")));
        REQUIRE(pid);
        CHECK(::kill(static_cast<pid_t>(*pid), 0) != 0);
    }
}

TEST_CASE("a background process of a plugin does not hold us up") {
    Plugin plugin("sleep 5 & echo '" + answer(R"({"token":"t"})") + "'");
    const auto start = SteadyClock::now();
    CHECK(Credentials(plugin.config).current().value().authorization.reveal() == "Bearer t");
    CHECK(SteadyClock::now() - start < std::chrono::seconds(4));
}
