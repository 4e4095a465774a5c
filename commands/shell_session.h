// A command in a pod on our own stdin, stdout and stderr, until it ends: on a terminal key by key, else byte by byte.
#pragma once

#include "base/result.h"
#include "commands/raw_terminal.h"
#include "kube/pod_exec.h"
#include "net/loop.h"
#include "output/output.h"

#include <optional>

namespace redisctl {

class ShellSession {
  public:
    ShellSession(net::Loop& loop, kube::Client& client, output::Output& output, kube::ExecQuestion question);

    // The command's exit code; 0 when nobody reads its output any more. Errors: as PodExec::result(); interrupted, io.
    Result<int> run();

  private:
    // stdin, read only as fast as it goes out.
    class Keyboard final : public net::Task {
      public:
        Keyboard(net::Loop& loop, kube::PodExec& exec);
        ~Keyboard() override;
        bool ended() const { return ended_; }

      private:
        void advance() override;
        net::Interest interest() const override;

        net::Loop& loop_;
        kube::PodExec& exec_;
        bool ended_ = false;
    };

    // The terminal's size, told whenever it has changed.
    class Window final : public net::Task {
      public:
        Window(net::Loop& loop, kube::PodExec& exec);
        ~Window() override;

      private:
        void advance() override;
        net::Interest interest() const override { return {resize_.fd(), true, false}; }

        net::Loop& loop_;
        kube::PodExec& exec_;
        ResizeSignal resize_;
        std::optional<TerminalSize> told_;
    };

    Result<int> carry(kube::PodExec& exec);
    Result<void> show(kube::PodExec& exec);

    net::Loop& loop_;
    kube::Client& client_;
    output::Output& output_;
    kube::ExecQuestion question_;
};

}  // namespace redisctl
