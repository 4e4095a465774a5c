// A folder that is there with all its files or not at all: filled under a temporary name beside where it will be, for
// the user alone (0700), then renamed. What is not kept is removed again, also after Ctrl-C.
#pragma once

#include "base/result.h"

#include <string>

namespace redisctl::backup {

class NewFolder {
  public:
    // Makes the folder above it too (0700) when it is not there. Errors of all: io, with what the system says.
    static Result<NewFolder> create(const std::string& above, const std::string& name);
    NewFolder(NewFolder&& other) noexcept;
    NewFolder& operator=(NewFolder&&) = delete;
    ~NewFolder();

    // Where its files are written to, each a NewFile that is kept before the folder is.
    const std::string& unfinished() const { return unfinished_; }
    const std::string& path() const { return path_; }  // that it will have

    // It has its name, and so has the folder above it on the disk.
    Result<void> keep();
    // It is gone again, with all that is in it, whether it was kept or not.
    void remove();

  private:
    NewFolder(const std::string& above, const std::string& name);

    std::string above_, path_, unfinished_;
    bool kept_ = false;
};

}  // namespace redisctl::backup
