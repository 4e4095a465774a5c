#include "net/tls_stream.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

namespace redisctl::net {

namespace {

template <class T, void (*free_fn)(T*)>
struct Freer {
    void operator()(T* pointer) const { free_fn(pointer); }
};
using Context = std::unique_ptr<SSL_CTX, Freer<SSL_CTX, SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Freer<SSL, SSL_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO, BIO_free_all>>;

Bio reader(std::string_view pem) {
    return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::string last_error() {
    std::array<char, 256> text{};
    const unsigned long code = ERR_peek_last_error();
    ERR_error_string_n(code, text.data(), text.size());
    ERR_clear_error();
    return code ? text.data() : "the connection ended";
}

Result<void> trust(SSL_CTX* context, const TlsOptions& options) {
    if (options.ca_pem.empty()) {
        SSL_CTX_set_default_verify_paths(context);
        return {};
    }
    const Bio bio = reader(options.ca_pem);
    int count = 0;
    while (Certificate ca{PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr)})
        count += X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get());
    ERR_clear_error();  // the end of the file is reported as an error
    if (count == 0) return fail(ErrorCode::usage, "the CA file holds no certificate in PEM form");
    return {};
}

Result<void> present(SSL_CTX* context, const TlsOptions& options) {
    if (options.cert_pem.empty()) return {};
    const Bio bio = reader(options.cert_pem);
    const Certificate leaf{PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr)};
    if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1)
        return fail(ErrorCode::usage, "the client certificate cannot be read", last_error());
    while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)})
        SSL_CTX_add1_chain_cert(context, next.get());
    ERR_clear_error();
    const Bio key_bio = reader(options.key_pem.reveal());
    const Key key{PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr)};
    if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1)
        return fail(ErrorCode::usage, "the key of the client certificate cannot be used", last_error());
    return {};
}

bool is_address(const std::string& name) {
    std::array<unsigned char, 16> bytes{};
    return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

}  // namespace

struct TlsStream::Session {
    Context context;
    Ssl ssl;
    BIO* from_peer = nullptr;  // owned by ssl
    BIO* to_peer = nullptr;
    bool done = false;
};

TlsStream::TlsStream(std::unique_ptr<Stream> below, const TlsOptions& options, const std::string& name)
    : below_(std::move(below)), session_(std::make_unique<Session>()) {
    Session& s = *session_;
    s.context.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(s.context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(s.context.get(), options.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    setup_ = trust(s.context.get(), options);
    if (setup_) setup_ = present(s.context.get(), options);
    if (!setup_) return;

    s.ssl.reset(SSL_new(s.context.get()));
    s.from_peer = BIO_new(BIO_s_mem());
    s.to_peer = BIO_new(BIO_s_mem());
    SSL_set_bio(s.ssl.get(), s.from_peer, s.to_peer);
    SSL_set_connect_state(s.ssl.get());
    if (is_address(name)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s.ssl.get()), name.c_str());
    } else {
        // SSL_set_tlsext_host_name() is a macro with an old-style cast; this is what it does.
        SSL_ctrl(s.ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
        SSL_set1_host(s.ssl.get(), name.c_str());
    }
}

TlsStream::~TlsStream() = default;

bool TlsStream::connected() const {
    return session_->done;
}

Interest TlsStream::interest(bool) const {
    return below_->interest(!to_peer_.empty());
}

Result<void> TlsStream::handshake() {
    Session& s = *session_;
    const int result = SSL_do_handshake(s.ssl.get());
    if (result == 1) {
        s.done = true;
        return {};
    }
    const int reason = SSL_get_error(s.ssl.get(), result);
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return {};
    if (const long verdict = SSL_get_verify_result(s.ssl.get()); verdict != X509_V_OK) {
        ERR_clear_error();
        return fail(Error{ErrorCode::unreachable, "the node's certificate is not trusted",
                          X509_verify_cert_error_string(verdict),
                          "name the CA with --cacert, and the certificate's name with --sni", "CERTIFICATE"});
    }
    return fail(Error{ErrorCode::unreachable, "no TLS session with the node", last_error(),
                      "is it a TLS port, and does it want a client certificate (--cert, --key)?", "TLS"});
}

Result<void> TlsStream::read_plain(std::string& in) {
    std::array<char, 16384> buffer;
    for (;;) {
        const int n = SSL_read(session_->ssl.get(), buffer.data(), static_cast<int>(buffer.size()));
        if (n > 0) {
            in.append(buffer.data(), static_cast<size_t>(n));
            continue;
        }
        const int reason = SSL_get_error(session_->ssl.get(), n);
        if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return {};
        if (reason == SSL_ERROR_ZERO_RETURN)
            return fail(Error{ErrorCode::unreachable, "the node closed the connection", {}, {}, "CLOSED"});
        // With TLS 1.3 the server's verdict on a client certificate comes after the handshake.
        return fail(Error{ErrorCode::unreachable, "the node ended the TLS session", last_error(),
                          "does it want a client certificate (--cert, --key)?", "TLS"});
    }
}

void TlsStream::take_cipher_text() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(session_->to_peer, &data);
    if (size > 0) to_peer_.append(data, static_cast<size_t>(size));
    (void)BIO_reset(session_->to_peer);
}

Result<void> TlsStream::pump(std::string& out, std::string& in) {
    TRY(setup_);
    for (;;) {
        const Result<void> below = below_->pump(to_peer_, from_peer_);
        const bool blocked = !to_peer_.empty();
        BIO_write(session_->from_peer, from_peer_.data(), static_cast<int>(from_peer_.size()));
        from_peer_.clear();
        if (!session_->done) TRY(handshake());
        if (session_->done) {
            if (!out.empty() && SSL_write(session_->ssl.get(), out.data(), static_cast<int>(out.size())) > 0)
                out.clear();
            TRY(read_plain(in));
        }
        TRY(below);
        take_cipher_text();
        // What TLS has just produced goes out now, unless what stood before it still waits.
        if (blocked || to_peer_.empty()) return {};
    }
}

}  // namespace redisctl::net
