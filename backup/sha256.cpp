#include "backup/sha256.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <array>

namespace redisctl::backup {

struct Sha256::Impl {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~Impl() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
    EVP_DigestInit_ex(impl_->context, EVP_sha256(), nullptr);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256 Sha256::copy() const {
    Sha256 other;
    EVP_MD_CTX_copy_ex(other.impl_->context, impl_->context);
    return other;
}

void Sha256::add(std::string_view bytes) {
    EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size());
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(impl_->context, digest.data(), &size);
    std::string text;
    for (unsigned i = 0; i < size; i++) text += fmt::format("{:02x}", digest[i]);
    return text;
}

}  // namespace redisctl::backup
