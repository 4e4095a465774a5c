// A text closed with a passphrase, and opened again: libsodium's secretstream (XChaCha20-Poly1305) with a key that
// Argon2id derives. What was changed, cut or put together anew does not open.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <string>
#include <string_view>

namespace redisctl::backup {

// How the file of a sealed part ends.
inline constexpr std::string_view sealed_ending = ".sealed";

class Seal {
  public:
    // Takes 256 MiB for about a second, so that guessing is dear. Errors: usage: the passphrase is empty; internal: there
    // is not so much memory.
    static Result<Seal> with(const Secret& passphrase);

    std::string close(std::string_view text) const;

  private:
    Seal(std::string salt, Secret key) : salt_(std::move(salt)), key_(std::move(key)) {}

    std::string salt_;
    Secret key_;
};

// Errors: unauthenticated (WRONG_PASSPHRASE) when the first of it does not open: wrong, or damaged there; io (NOT_SEALED,
// DAMAGED) when what follows does not; those of Seal::with.
Result<std::string> open_sealed(std::string_view sealed, const Secret& passphrase);

}  // namespace redisctl::backup
