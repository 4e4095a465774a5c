#include "kube/exec_status.h"

#include <doctest/doctest.h>

#include <string>

using namespace redisctl;
using kube::read_exec_status;

namespace {

std::string failure(const std::string& message, const std::string& causes = "[]") {
    return R"({"metadata":{},"status":"Failure","message":")" + message +
           R"(","reason":"InternalError","details":{"causes":)" + causes + "}}";
}

}  // namespace

TEST_CASE("a command that ran has its own exit code") {
    CHECK(read_exec_status(R"({"metadata":{},"status":"Success"})").value() == 0);
    // As Kubernetes 1.34 says it.
    const std::string text =
        R"({"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: exit status 7",)"
        R"("reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"7"}]}})";
    CHECK(read_exec_status(text).value() == 7);
    for (const char* bad : {"256", "-1", "x", ""}) {
        CAPTURE(bad);
        const std::string cause = std::string(R"([{"reason":"ExitCode","message":")") + bad + R"("}])";
        CHECK(read_exec_status(failure("odd", cause)).error().code == ErrorCode::server);
    }
}

TEST_CASE("why a command was not started") {
    // containerd with runc.
    const Error none = read_exec_status(failure("OCI runtime exec failed: unable to start container process: "
                                                "exec: \\\"sh\\\": executable file not found in $PATH: unknown"))
                           .error();
    CHECK(none.code == ErrorCode::not_found);
    CHECK(none.reason == "NO_SUCH_PROGRAM");
    CHECK(none.cause.find("\"sh\": executable file not found in $PATH") != std::string::npos);
    const std::string data = failure("exec: \\\"/data\\\": permission denied: unknown");
    CHECK(read_exec_status(data).error().reason == "NOT_EXECUTABLE");
    const Error gone = read_exec_status(failure("container not found (\\\"redis\\\")")).error();
    CHECK(gone.code == ErrorCode::server);
    CHECK(gone.reason == "InternalError");
}

TEST_CASE("what is no Status is no outcome") {
    for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("{}"),
                                    std::string(R"({"status":"Maybe"})"), std::string(100'000, '[')}) {
        CAPTURE(text.substr(0, 20));
        CHECK(read_exec_status(text).error().code == ErrorCode::protocol);
    }
}
