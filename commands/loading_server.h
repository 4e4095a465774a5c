// A server of this machine that loads an AOF for us alone: on a port of its own of 127.0.0.1, with a password that
// nobody else knows and that is in no command line, in its own process group. It ends with this object, and when this
// process is killed, and writes to nothing but its folder.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "commands/server_program.h"

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace redisctl {

class LoadingServer {
  public:
    // `folder`: private, with what copy_for_server() has put there, and empty else. `truncated`: of an AOF that ends in
    // the middle of a command, take what is before that. Errors: io.
    static Result<LoadingServer> start(const ServerProgram& program, const std::string& folder, bool truncated);
    LoadingServer(LoadingServer&& other) noexcept;
    LoadingServer& operator=(LoadingServer&&) = delete;
    ~LoadingServer() { end(); }

    uint16_t port() const { return port_; }
    pid_t process() const { return process_; }
    const std::string& password_file() const { return password_file_; }  // in its folder, 0600

    bool ended();
    // Somebody else has taken its port in between.
    bool found_port_taken() const;
    // What it said at its end.
    Error why_it_ended() const;
    void end();

  private:
    LoadingServer(ServerProgram program, const std::string& folder)
        : program_(std::move(program)), log_(folder + "/log"), password_file_(folder + "/password") {}
    Result<void> configure(const std::string& folder, bool truncated);

    ServerProgram program_;
    std::string log_, password_file_;
    uint16_t port_ = 0;
    pid_t process_ = -1;
    int status_ = 0;
};

}  // namespace redisctl
