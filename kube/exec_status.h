// What the API says when a command in a pod has ended: on the error channel, in a Status without a kind. A command that
// ran has an exit code: 0 with Success, else the cause ExitCode (apimachinery apis/meta/v1, kubelet
// remotecommand/exec.go). Without one it was not started, or was lost.
#pragma once

#include "base/result.h"

#include <string_view>

namespace redisctl::kube {

// The command's exit code. Errors: not_found (reason NO_SUCH_PROGRAM) when the container has no such program, forbidden
// (NOT_EXECUTABLE) when it may not be run, server for all else that the API says, protocol when it is no Status.
Result<int> read_exec_status(std::string_view json);

}  // namespace redisctl::kube
