#include "base/fd.h"
#include "output/document.h"
#include "output/json_text.h"
#include "output/message.h"
#include "output/output.h"
#include "output/render.h"
#include "output/write.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

using namespace redisctl;
using namespace redisctl::output;
using Json = nlohmann::ordered_json;

namespace {

Document sample() {
    Document document("Role", "test");
    document.add_item(Json{{"instance", "redis"}});
    document.add_table({"default/redis", {{"NODE"}}, {{"redis-0"}}});
    document.add_table({"default/cache", {{"NODE"}}, {{"cache-0"}}});
    document.add_name("redis-0");
    document.add_name("cache\n0");
    document.add_finding({"REPLICA_LINK_DOWN", Severity::critical, "default/redis", "redis-1", "redis-1 has no link",
                          "redisctl ping redis-1"});
    document.add_finding({"NO_PDB", Severity::info, "default/redis", "", "no PodDisruptionBudget\x1b", ""});
    document.add_error({"default/redis",
                        "redis-1",
                        {ErrorCode::timeout, "redis-1 did not answer", "no reply within 10s", "redisctl ping", {}}});
    document.add_error(
        {"default/redis", "redis-2", {ErrorCode::timeout, "redis-2 did not answer", "", "redisctl ping", {}}});
    return document;
}

// An Output whose two streams can be read back.
struct Recorded {
    explicit Recorded(Settings settings = {}) {
        for (auto& stream : streams) {
            int ends[2];
            REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
            stream.read = Fd(ends[0]);
            stream.write = Fd(ends[1]);
        }
        settings.out_fd = streams[0].write.get();
        settings.err_fd = streams[1].write.get();
        output.emplace(settings);
    }
    std::string out() { return drain(streams[0]); }
    std::string err() { return drain(streams[1]); }

    struct Stream {
        Fd read, write;
    };
    static std::string drain(Stream& stream) {
        stream.write.reset();
        std::string text(65536, '\0');
        ssize_t length = ::read(stream.read.get(), text.data(), text.size());
        text.resize(length > 0 ? static_cast<size_t>(length) : 0);
        return text;
    }
    Stream streams[2];
    std::optional<Output> output;
};

const char* const kErrors =
    "redisctl: error: redis-1 did not answer\n"
    "  cause: no reply within 10s\n"
    "  hint:  redisctl ping\n"
    "redisctl: error: redis-2 did not answer\n";

const char* const kFindings =
    "critical  REPLICA_LINK_DOWN  redis-1 has no link\n"
    "  hint: redisctl ping redis-1\n"
    "info      NO_PDB             no PodDisruptionBudget\\x1b\n";

}  // namespace

TEST_CASE("the envelope has its members in the order of the contract, and empty is null") {
    Document document = sample();
    CHECK(
        json_text(document.json(), Layout::line) ==
        R"({"apiVersion":"redisctl/v1","kind":"Role","context":"test","items":[{"instance":"redis"}],)"
        R"("findings":[{"code":"REPLICA_LINK_DOWN","severity":"critical","instance":"default/redis","node":"redis-1","message":"redis-1 has no link","hint":"redisctl ping redis-1"},)"
        R"({"code":"NO_PDB","severity":"info","instance":"default/redis","node":null,"message":"no PodDisruptionBudget\u001b","hint":null}],)"
        R"("errors":[{"code":"TIMEOUT","instance":"default/redis","node":"redis-1","message":"redis-1 did not answer","cause":"no reply within 10s","hint":"redisctl ping"},)"
        R"({"code":"TIMEOUT","instance":"default/redis","node":"redis-2","message":"redis-2 did not answer","cause":null,"hint":"redisctl ping"}]})"
        "\n");
    Document version("Version", "");
    version.set("client", Json{{"version", "1"}});
    CHECK(
        json_text(version.json(), Layout::line) ==
        R"({"apiVersion":"redisctl/v1","kind":"Version","context":null,"client":{"version":"1"},"items":[],"findings":[],"errors":[]})"
        "\n");
}

TEST_CASE("tables, then findings on stdout; errors on stderr with each hint once") {
    Recorded recorded;
    REQUIRE(recorded.output->print(sample()));
    CHECK(recorded.output->printed());
    CHECK(recorded.out() ==
          std::string("default/redis\nNODE\nredis-0\n\ndefault/cache\nNODE\ncache-0\n\n") + kFindings);
    CHECK(recorded.err() == kErrors);
}

TEST_CASE("with --no-headers and -o name stdout has rows and names only, findings go to stderr") {
    Settings plain, names;
    plain.headers = Headers::hidden;
    names.format = Format::name;
    Recorded rows(plain), listed(names);
    REQUIRE(rows.output->print(sample()));
    REQUIRE(listed.output->print(sample()));
    CHECK(rows.out() == "redis-0\ncache-0\n");
    CHECK(rows.err() == std::string(kFindings) + kErrors);
    CHECK(listed.out() == "redis-0\ncache\\n0\n");
    CHECK(listed.err() == std::string(kFindings) + kErrors);
}

TEST_CASE("JSON and YAML are one document and nothing else") {
    for (Format format : {Format::json, Format::yaml}) {
        Settings settings;
        settings.format = format;
        Recorded recorded(settings);
        Document document = sample();
        REQUIRE(recorded.output->print(document));
        CHECK(recorded.out() ==
              (format == Format::json ? json_text(document.json(), Layout::indented) : yaml_text(document.json())));
        CHECK(recorded.err() == "");
    }
}

TEST_CASE("findings about several instances name them") {
    std::vector<Finding> findings{{"A", Severity::warning, "default/a", "", "one", ""},
                                  {"BB", Severity::info, "default/b", "", "two", ""},
                                  {"C", Severity::info, "", "", "three", ""}};
    CHECK(render_findings(findings, {}) ==
          "warning  A   default/a: one\ninfo     BB  default/b: two\ninfo     C   three\n");
    CHECK(render_findings({}, {}) == "");
}

TEST_CASE("an error has its cause and a hint whose lines can be pasted") {
    Error error{
        ErrorCode::forbidden, "pods is forbidden\x1b", "User \"jane\"", "add this rule:\nrules:\n- verbs: [list]", {}};
    CHECK(error_text(error, {}) ==
          "redisctl: error: pods is forbidden\\x1b\n"
          "  cause: User \"jane\"\n"
          "  hint:  add this rule:\n"
          "         rules:\n"
          "         - verbs: [list]\n");
    CHECK(error_text({ErrorCode::internal, "x", {}, {}, {}}, {true, true, 80}) ==
          "redisctl: \x1b[31merror:\x1b[0m x\n");
}

TEST_CASE("notes are silent with -q, details are told with -v only") {
    struct {
        Verbosity verbosity;
        const char* text;
    } cases[] = {{Verbosity::quiet, ""},
                 {Verbosity::normal, "redisctl: note\n"},
                 {Verbosity::verbose, "redisctl: note\nredisctl: detail\n"}};
    for (const auto& c : cases) {
        Settings settings;
        settings.verbosity = c.verbosity;
        Recorded recorded(settings);
        recorded.output->note("note");
        recorded.output->detail("detail");
        CHECK(recorded.err() == c.text);
    }
}

TEST_CASE("a reader that went away is no error, but it is known") {
    ::signal(SIGPIPE, SIG_IGN);
    Recorded recorded;
    recorded.streams[0].read.reset();
    CHECK(recorded.output->write("text"));
    CHECK(recorded.output->closed());
    CHECK(recorded.output->write("more"));
}

TEST_CASE("a full disk is an error that says so") {
    Fd full(::open("/dev/full", O_WRONLY));
    REQUIRE(full);
    Settings settings;
    settings.out_fd = full.get();
    auto written = Output(settings).write("text");
    REQUIRE(!written);
    CHECK(written.error().code == ErrorCode::io);
    CHECK(written.error().message == "descriptor " + std::to_string(full.get()) + " could not be written");
    CHECK(written.error().cause == "No space left on device");
}

TEST_CASE("much is written to a slow reader, also where the descriptor does not block") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    Fd read(ends[0]), write(ends[1]);
    REQUIRE(::fcntl(write.get(), F_SETFL, O_NONBLOCK) == 0);
    std::string text(1 << 20, 'x');
    pid_t reader = ::fork();
    if (reader == 0) {
        write.reset();
        std::string buffer(65536, '\0');
        size_t total = 0;
        for (ssize_t n = 1; n > 0; total += static_cast<size_t>(n))
            n = ::read(read.get(), buffer.data(), buffer.size());
        ::_exit(total == text.size() ? 0 : 1);
    }
    CHECK(write_all(write.get(), text));
    write.reset();
    int status = -1;
    REQUIRE(::waitpid(reader, &status, 0) == reader);
    CHECK(status == 0);
}
