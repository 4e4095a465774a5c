// A password, token or key: it can be sent, never formatted, logged or serialised.
#pragma once

#include <string>
#include <string_view>

namespace redisctl {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(const Secret&) = default;
    Secret& operator=(const Secret& other);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    ~Secret() { wipe(); }

    bool empty() const { return text_.empty(); }
    // The only way to the bytes: every use of it is a place where the secret leaves.
    std::string_view reveal() const { return text_; }
    bool operator==(const Secret&) const = default;

  private:
    void wipe();
    std::string text_;
};

}  // namespace redisctl
