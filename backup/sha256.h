// SHA-256 of bytes as they come, by OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace redisctl::backup {

class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    Sha256 copy() const;  // of what was added so far, to go on with by itself

    void add(std::string_view bytes);
    // In hexadecimal, as sha256sum prints it. Ends it.
    std::string hex();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace redisctl::backup
