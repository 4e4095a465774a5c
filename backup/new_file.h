// A file that is there as a whole or not at all: written under a temporary name in the same folder, for the user alone
// (0600), brought to the disk, then renamed. What is not kept is removed again, also after Ctrl-C.
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace redisctl::backup {

// The temporary name of a file: hidden, and told from what is whole.
std::string unfinished_name(std::string_view name);
bool is_unfinished(std::string_view name);

// Makes the folder (0700) when it is not there; those above it as the user's umask has it. Errors: io.
Result<void> make_folder(const std::string& folder);
Error not_made(const std::string& path, int number);

class NewFile {
  public:
    // Makes the folder when it is not there. Errors of all: io, with what the system says, and what is left behind.
    static Result<NewFile> create(const std::string& folder, const std::string& name);
    NewFile(NewFile&&) noexcept = default;
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();

    Result<void> write(std::string_view bytes);
    // Only so many bytes of it stay; what is written further follows them.
    Result<void> cut(uint64_t bytes);
    // All of it is on the disk.
    Result<void> sync();
    // It has its name, and so has the folder on the disk. A file of that name is replaced.
    Result<void> keep();

    const std::string& path() const { return path_; }  // that it will have

  private:
    NewFile(Fd file, std::string folder, const std::string& name);
    Error failed(int number) const;

    Fd file_;
    std::string folder_, path_, unfinished_;
    uint64_t written_ = 0;
};

}  // namespace redisctl::backup
