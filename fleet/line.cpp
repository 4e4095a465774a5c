#include "fleet/line.h"

namespace redisctl::fleet {

Line::Line(const Node& node, Dialer& dialer, Keyring& keyring, std::string client_name, Deadline connect_deadline,
           net::Task& owner, std::optional<redis::Login> login)
    : node_(node),
      dialer_(dialer),
      keyring_(keyring),
      client_name_(std::move(client_name)),
      connect_deadline_(connect_deadline),
      owner_(owner),
      login_(std::move(login)) {}

Line::~Line() {
    keyring_.forget(owner_);
}

Result<void> Line::pump(std::span<const redis::Request> questions) {
    if (!stream_) {
        const auto tls = keyring_.tls(node_, owner_);
        if (!tls) return {};
        TRY(*tls);
        encrypted_ = (*tls)->has_value();
        stream_ = dialer_.dial(node_, **tls, connect_deadline_);
        stream_->set_owner(&owner_);
    }
    if (!connection_) {
        if (login_) {
            connection_.emplace(login_, client_name_);
        } else if (const auto login = keyring_.login(node_, owner_)) {
            TRY(*login);
            connection_.emplace(**login, client_name_);
        }
        if (connection_) connection_->ask(questions, out);
    }
    return stream_->pump(out, in);
}

}  // namespace redisctl::fleet
