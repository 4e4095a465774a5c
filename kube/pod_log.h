// The log of one container as its kubelet keeps it: lines with their times, which come while it is written where it is
// followed.
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "kube/client.h"
#include "net/curl.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redisctl::kube {

struct LogQuestion {
    std::string ns, pod, container;
    bool follow = false;    // until the container ends
    bool previous = false;  // of the container before the last restart
    std::optional<int64_t> tail = {}, since_seconds = {};
    std::string since_time = {};  // RFC 3339, of which the kubelet takes whole seconds
};

// What the container wrote, any bytes but a newline, and when the kubelet's machine says that it did: RFC 3339, up to
// nanoseconds, in any zone. The time is empty where the line came without.
struct LogLine {
    std::string time, text;
};

// "2026-01-31T12:00:00.123456789Z stdout's line"
LogLine read_log_line(std::string_view line);
// Since the epoch; nullopt when it is no RFC 3339 time.
std::optional<int64_t> nanoseconds_of(std::string_view time);

class PodLog final : public net::Task {
  public:
    PodLog(Client& client, LogQuestion question);
    ~PodLog() override;

    bool has_lines() const { return !lines_.empty(); }
    std::vector<LogLine> take() { return std::exchange(lines_, {}); }

    // No more lines come than those that has_lines() tells of.
    bool ended() const { return ended_; }
    // Why it ended before its end; nullopt where it was read to its end. Errors: those of api_error and of
    // net::Transfer; `timeout` when it is not followed and nothing came for the client's request timeout.
    const std::optional<Error>& error() const { return error_; }

  private:
    void advance() override;
    net::Interest interest() const override { return {}; }
    Deadline deadline() const override { return ended_ ? Deadline::never() : stalled_at_; }

    void start();
    void take_body();
    void on_end();
    void finish(std::optional<Error> error);
    void wait_further();

    Client& client_;
    LogQuestion question_;
    Access access_;
    Deadline stalled_at_ = Deadline::never();
    std::unique_ptr<net::Transfer> transfer_;
    std::vector<LogLine> lines_;
    std::optional<Error> error_;
    int identity_ = 0;
    bool refreshed_ = false, begun_ = false, ended_ = false;
};

}  // namespace redisctl::kube
