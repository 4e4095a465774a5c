// The content of a backup's file, piece by piece, so that memory stays flat.
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace redisctl::backup {

class Pieces {
  public:
    // Errors: not_found, io: it cannot be read.
    static Result<Pieces> open(const std::string& path);

    uint64_t size() const { return size_; }  // of the file, in bytes
    // The next bytes; empty: that was all. Valid until the next call. Errors: io; interrupted.
    Result<std::string_view> next();

  private:
    Pieces(Fd file, std::string path, uint64_t size) : file_(std::move(file)), path_(std::move(path)), size_(size) {}

    Fd file_;
    std::string path_, buffer_;
    uint64_t size_;
};

}  // namespace redisctl::backup
