#include "backup/seal.h"

#include <sodium.h>

namespace redisctl::backup {

namespace {

// magic, salt, the stream's header, then pieces of the text, each so much longer; the last one is marked as such.
constexpr std::string_view magic = "redisctl sealed 1\n";
constexpr size_t salt_size = crypto_pwhash_SALTBYTES;
constexpr size_t header_size = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr size_t piece = 64u << 10;
constexpr size_t longer = crypto_secretstream_xchacha20poly1305_ABYTES;
using Stream = crypto_secretstream_xchacha20poly1305_state;

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Result<Secret> key_of(const Secret& passphrase, std::string_view salt) {
    if (passphrase.empty()) return fail(ErrorCode::usage, "the passphrase is empty");
    if (::sodium_init() < 0) return fail(ErrorCode::internal, "libsodium cannot be used here");
    std::string key(crypto_secretstream_xchacha20poly1305_KEYBYTES, '\0');
    const std::string_view words = passphrase.reveal();
    if (::crypto_pwhash(bytes_of(key), key.size(), words.data(), words.size(), bytes_of(salt),
                        crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE,
                        crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(ErrorCode::internal, "there is too little memory to derive a key from the passphrase",
                    "it takes 256 MiB");
    return Secret(std::move(key));
}

Error damaged(std::string cause) {
    return {ErrorCode::io, "it does not open", std::move(cause), "another copy of the file", "DAMAGED"};
}

}  // namespace

Result<Seal> Seal::with(const Secret& passphrase) {
    if (::sodium_init() < 0) return fail(ErrorCode::internal, "libsodium cannot be used here");
    std::string salt(salt_size, '\0');
    ::randombytes_buf(salt.data(), salt.size());
    TRY_ASSIGN(Secret key, key_of(passphrase, salt));
    return Seal(std::move(salt), std::move(key));
}

std::string Seal::close(std::string_view text) const {
    std::string sealed = std::string(magic) + salt_;
    std::string header(header_size, '\0');
    Stream stream;
    ::crypto_secretstream_xchacha20poly1305_init_push(&stream, bytes_of(header), bytes_of(key_.reveal()));
    sealed += header;
    do {
        const std::string_view next = text.substr(0, piece);
        text.remove_prefix(next.size());
        std::string closed(next.size() + longer, '\0');
        ::crypto_secretstream_xchacha20poly1305_push(&stream, bytes_of(closed), nullptr, bytes_of(next), next.size(),
                                                     nullptr, 0,
                                                     text.empty() ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                                                                  : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
        sealed += closed;
    } while (!text.empty());
    return sealed;
}

Result<std::string> open_sealed(std::string_view sealed, const Secret& passphrase) {
    if (!sealed.starts_with(magic))
        return fail(Error{ErrorCode::io, "it is not sealed by redisctl", "it begins with something else", {},
                          "NOT_SEALED"});
    sealed.remove_prefix(magic.size());
    if (sealed.size() < salt_size + header_size + longer) return fail(damaged("it ends in the middle"));
    TRY_ASSIGN(const Secret key, key_of(passphrase, sealed.substr(0, salt_size)));
    sealed.remove_prefix(salt_size);
    Stream stream;
    if (::crypto_secretstream_xchacha20poly1305_init_pull(&stream, bytes_of(sealed.substr(0, header_size)),
                                                          bytes_of(key.reveal())) != 0)
        return fail(damaged("its header is of no such stream"));
    sealed.remove_prefix(header_size);
    std::string text;
    for (bool first = true; !sealed.empty(); first = false) {
        const std::string_view next = sealed.substr(0, piece + longer);
        sealed.remove_prefix(next.size());
        if (next.size() < longer) return fail(damaged("it ends in the middle"));
        std::string opened(next.size() - longer, '\0');
        unsigned char tag = 0;
        if (::crypto_secretstream_xchacha20poly1305_pull(&stream, bytes_of(opened), nullptr, &tag, bytes_of(next),
                                                         next.size(), nullptr, 0) != 0) {
            if (first)
                return fail(Error{ErrorCode::unauthenticated, "it does not open",
                                  "this is not its passphrase, or it is damaged",
                                  "the passphrase that it was made with: --passphrase-file FILE", "WRONG_PASSPHRASE"});
            return fail(damaged("it was changed"));
        }
        text += opened;
        const bool last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
        if (last != sealed.empty()) return fail(damaged(last ? "something follows its end" : "it ends in the middle"));
    }
    return text;
}

}  // namespace redisctl::backup
