#include "base/fd.h"
#include "cli/run.h"
#include "commands/context.h"
#include "output/schema.h"
#include "tests/support/json_schema.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include <stdexcept>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

using namespace redisctl;
using namespace redisctl::cli;
using Json = nlohmann::ordered_json;

namespace {

template <class Run>
void bind_to(Spec& spec, Run run) {
    spec.run = run;
}

void bind_good(Spec& spec) {
    bind_to(spec, [](Context& context) -> Result<ExitCode> {
        output::Document document("Role", "test");
        document.add_name("redis-0");
        TRY(context.output().print(document));
        return ExitCode::partial;
    });
}

void bind_missing(Spec& spec) {
    bind_to(spec, [](Context&) -> Result<ExitCode> {
        return fail(ErrorCode::not_found, "nothing is there", "no pod", "redisctl pods -A");
    });
}

void bind_late(Spec& spec) {
    bind_to(spec, [](Context& context) -> Result<ExitCode> {
        TRY(context.output().print(output::Document("Role", "test")));
        return fail(ErrorCode::timeout, "too late");
    });
}

void bind_wrong(Spec& spec) {
    bind_to(spec, [](Context&) -> Result<ExitCode> { return fail(ErrorCode::usage, "no kubeconfig"); });
}

void bind_broken(Spec& spec) {
    bind_to(spec, [](Context&) -> Result<ExitCode> { throw std::logic_error("the vector is empty"); });
}

void bind_stranger(Spec& spec) {
    bind_to(spec, [](Context&) -> Result<ExitCode> { throw 7; });
}

void bind_interrupted(Spec& spec) {
    bind_to(spec, [](Context& context) -> Result<ExitCode> {
        ::raise(SIGTERM);
        TRY(context.output().print(output::Document("Role", "test")));
        return ExitCode::unreachable;
    });
}

Command row(std::string_view name, void (*bind)(Spec&)) {
    return {name, Group::look, "Look", Uses::target, {}, bind, "Role"};
}

struct Ended {
    int code;
    std::string out, err;
};

std::string read_all(int fd) {
    std::string text(65536, '\0');
    size_t length = 0;
    for (ssize_t n = 1; n > 0; length += static_cast<size_t>(n)) {
        n = ::read(fd, text.data() + length, text.size() - length);
        if (n < 0) break;
    }
    text.resize(length);
    return text;
}

// Runs in a child, whose stdout and stderr are pipes; what it writes fits into them.
Ended run_words(std::vector<const char*> words) {
    static const Command good = row("good", bind_good), missing = row("missing", bind_missing),
                         late = row("late", bind_late), wrong = row("wrong", bind_wrong),
                         broken = row("broken", bind_broken), stranger = row("stranger", bind_stranger),
                         interrupted = row("interrupted", bind_interrupted);
    static const Commands commands{&broken, &good, &interrupted, &late, &missing, &stranger, &wrong};
    words.insert(words.begin(), "redisctl");
    int out[2], err[2];
    REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(err, O_CLOEXEC) == 0);
    Fd out_read(out[0]), out_write(out[1]), err_read(err[0]), err_write(err[1]);
    pid_t child = ::fork();
    if (child == 0) {
        ::dup2(out[1], STDOUT_FILENO);
        ::dup2(err[1], STDERR_FILENO);
        ::_exit(run(
            words, [](const char*) { return std::nullopt; }, commands));
    }
    out_write.reset();
    err_write.reset();
    int status = 0;
    Ended ended{0, read_all(out[0]), read_all(err[0])};
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    ended.code = WEXITSTATUS(status);
    return ended;
}

}  // namespace

TEST_CASE("a command's answer is printed and its code is the exit code") {
    Ended ended = run_words({"good", "-o", "name"});
    CHECK(ended.code == 7);
    CHECK(ended.out == "redis-0\n");
    CHECK(ended.err == "");
}

TEST_CASE("an error is printed for people on stderr and picks the code") {
    Ended ended = run_words({"missing"});
    CHECK(ended.code == 3);
    CHECK(ended.out == "");
    CHECK(ended.err == "redisctl: error: nothing is there\n  cause: no pod\n  hint:  redisctl pods -A\n");
}

TEST_CASE("with JSON an error comes in a valid envelope, once") {
    Ended ended = run_words({"missing", "--json"});
    CHECK(ended.code == 3);
    Json document = Json::parse(ended.out);
    CHECK(test::SchemaCheck::problems(document, *output::schema("Role")) == std::vector<std::string>{});
    CHECK(document["context"] == nullptr);
    CHECK(document["items"] == Json::array());
    CHECK(document["errors"] ==
          Json::parse(R"([{"code":"NOT_FOUND","instance":null,"node":null,)"
                      R"("message":"nothing is there","cause":"no pod","hint":"redisctl pods -A"}])"));

    Ended late = run_words({"late", "--json"});
    CHECK(late.code == 4);
    CHECK(Json::parse(late.out)["errors"] == Json::array());
    CHECK(late.err == "redisctl: error: too late\n");
}

TEST_CASE("wrong usage prints no document") {
    for (auto words : {std::vector<const char*>{"wrong", "--json"}, {"good", "--json", "--bogus"}}) {
        Ended ended = run_words(words);
        CHECK(ended.code == 2);
        CHECK(ended.out == "");
    }
}

TEST_CASE("what is thrown is told as a bug, with exit 70") {
    struct {
        const char *word, *cause;
    } cases[] = {{"broken", "the vector is empty"}, {"stranger", "an exception of an unknown type"}};
    for (const auto& c : cases) {
        Ended ended = run_words({c.word, "--json"});
        CHECK(ended.code == 70);
        CHECK(ended.out == "");
        CHECK(ended.err ==
              std::string("redisctl: error: this is a bug in redisctl, and what it did is unknown\n  cause: ") +
                  c.cause + "\n  hint:  report it with the command line and the output of redisctl version --client\n");
    }
}

TEST_CASE("a look that was interrupted says so by its code, and still prints what it has") {
    Ended ended = run_words({"interrupted", "--json"});
    CHECK(ended.code == 143);
    CHECK(Json::parse(ended.out)["kind"] == "Role");
}

TEST_CASE("the version is one line and needs no command") {
    Ended ended = run_words({"--version"});
    CHECK(ended.code == 0);
    CHECK(ended.out.starts_with("redisctl "));
    CHECK(ended.out.size() == ended.out.find('\n') + 1);
}
