// A command in a container, with its input and its output, through the API server: pods/exec by WebSocket, as kubectl
// does. Channels (apimachinery util/remotecommand, kubelet remotecommand/websocket.go): 0 input, 1 output, 2 error
// output, 3 a Status at the end, 4 sizes of the terminal as JSON, and in v5.channel.k8s.io 255, which closes the channel
// that it names. v4 can only leave the input open; servers before Kubernetes 1.30 know no more than that.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "kube/channel_socket.h"
#include "kube/client.h"
#include "net/loop.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redisctl::kube {

struct ExecQuestion {
    std::string ns, pod, container;
    std::vector<std::string> command;
    bool input = true;
    bool terminal = false;  // output and error output are one then
};

// Runs on the loop from its making.
class PodExec final : public net::Task {
  public:
    PodExec(Client& client, ExecQuestion question, Deadline connect_deadline);
    ~PodExec() override;

    bool connected() const { return socket_.connected(); }
    // Can the command learn that its input ended? Known once connected.
    bool closes_input() const;

    // Before it is connected they wait. Nothing is written behind close_input().
    void write(std::string_view input);
    void close_input();
    void resize(unsigned short columns, unsigned short rows);
    // What was written and has not gone out: who writes waits while it is much.
    size_t unsent() const { return socket_.unsent() + waiting_.size(); }

    bool has_output() const { return !out_.empty() || !err_.empty(); }
    std::string take_output() { return std::exchange(out_, {}); }
    std::string take_error_output() { return std::exchange(err_, {}); }

    // No more output comes than has_output() tells of.
    bool ended() const { return result_.has_value(); }
    // Once ended: the command's exit code. Errors: those of ChannelSocket and of read_exec_status; unreachable (reason
    // CONNECTION_LOST) when the connection ended before the command, which may go on.
    const Result<int>& result() const { return *result_; }

  private:
    void advance() override;
    net::Interest interest() const override { return ended() ? net::Interest{} : socket_.interest(false); }
    Deadline deadline() const override;

    void pump();
    Result<void> take_messages();
    void finish(Result<int> result);

    Client& client_;
    ExecQuestion question_;
    Deadline connect_deadline_;
    ChannelSocket socket_;
    std::string waiting_;  // input from before the connection
    std::optional<std::pair<unsigned short, unsigned short>> size_;
    bool input_ended_ = false;
    std::string out_, err_, status_;
    Deadline ping_at_ = Deadline::never(), close_by_ = Deadline::never();
    uint64_t heard_ = 0;
    int unanswered_ = 0;  // pings, one after the other
    std::optional<Result<int>> result_;
};

}  // namespace redisctl::kube
