#include "fleet/fleet.h"

#include "fleet/link.h"
#include "fleet/subscription.h"

#include <fmt/core.h>

namespace redisctl::fleet {

namespace {

Error unfinished(const Result<void>& run, const Link* link, const Node& node) {
    if (run.error().code == ErrorCode::interrupted) return run.error();
    const std::string address = net::to_string(node.address);
    if (!link)
        return {ErrorCode::timeout,
                fmt::format("{} was not asked before the deadline", address),
                "the nodes before it took too long",
                "raise --timeout",
                {}};
    if (!link->connected())
        return {ErrorCode::timeout,
                fmt::format("no connection to {} before the deadline", address),
                {},
                "raise --timeout",
                {}};
    return {ErrorCode::timeout, fmt::format("no answer from {} before the deadline", address),
            "connected, but the node does not answer: frozen, or busy with a long command",
            "raise --timeout, or look at the node's load", "NO_ANSWER"};
}

std::string key_of(const Node& node) {
    return fmt::format("{}/{}@{}", node.ns, node.name, net::to_string(node.address));
}

}  // namespace

Fleet::Fleet(Dialer& dialer, Keyring& keyring, std::string client_name, Millis connect_timeout)
    : dialer_(dialer), keyring_(keyring), client_name_(std::move(client_name)), connect_timeout_(connect_timeout) {}

Fleet::~Fleet() {
    close_idle();
}

void Fleet::rename(std::string client_name) {
    close_idle();
    client_name_ = std::move(client_name);
}

void Fleet::close_idle() {
    for (const auto& [node, links] : idle_)
        for (const std::unique_ptr<Link>& link : links) link->say_goodbye();
    idle_.clear();
}

std::unique_ptr<Subscription> Fleet::subscribe(const Node& node) {
    return std::make_unique<Subscription>(node, dialer_, keyring_, client_name_, connect_timeout_);
}

std::unique_ptr<Link> Fleet::link_for(const Call& call, Deadline deadline) {
    if (keep_ && !call.login && !call.alone) {
        std::vector<std::unique_ptr<Link>>& idle = idle_[key_of(*call.node)];
        while (!idle.empty()) {
            std::unique_ptr<Link> link = std::move(idle.back());
            idle.pop_back();
            if (link->usable()) return link;
        }
    }
    return std::make_unique<Link>(*call.node, dialer_, keyring_, client_name_,
                                  Deadline::after(connect_timeout_).earlier(deadline), call.login);
}

void Fleet::put_away(const Call& call, std::unique_ptr<Link> link) {
    if (!keep_ || !link->usable()) return;
    if (call.login || call.alone)
        link->say_goodbye();
    else
        idle_[key_of(*call.node)].push_back(std::move(link));
}

std::vector<Outcome> Fleet::exec(std::span<const Call> calls, Deadline deadline) {
    std::vector<std::unique_ptr<Link>> links(calls.size());
    std::vector<std::optional<Outcome>> outcomes(calls.size());
    std::vector<size_t> active;
    size_t next = 0;
    const auto progress = [&] {
        std::erase_if(active, [&](size_t i) {
            if (!links[i]->done()) return false;
            outcomes[i] = Outcome{links[i]->take(), links[i]->took(), links[i]->sent()};
            put_away(calls[i], std::move(links[i]));
            return true;
        });
        for (; next < calls.size() && active.size() < dialer_.in_flight(); next++) {
            if (const std::optional<Error>& dead = calls[next].node->not_running) {
                outcomes[next] = Outcome{fail(*dead)};
                continue;
            }
            links[next] = link_for(calls[next], deadline);
            links[next]->ask(calls[next].requests);
            active.push_back(next);
        }
        return active.empty() && next == calls.size();
    };
    const Result<void> run = dialer_.loop().run(progress, deadline);

    std::vector<Outcome> result;
    result.reserve(calls.size());
    for (size_t i = 0; i < calls.size(); i++) {
        if (!outcomes[i]) {
            const Link* link = links[i].get();
            const bool late = link != nullptr && link->done();
            outcomes[i] = late ? Outcome{links[i]->take(), link->took(), link->sent()}
                               : Outcome{fail(unfinished(run, link, *calls[i].node)), {}, link != nullptr && link->sent()};
        }
        result.push_back(std::move(*outcomes[i]));
    }
    return result;
}

namespace {

// Waits for a Secret, and for nothing else.
class LoginWait final : public net::Task {
  public:
    LoginWait(const Node& node, Keyring& keyring, net::Loop& loop) : node_(node), keyring_(keyring), loop_(loop) {
        loop_.add(*this);
    }
    ~LoginWait() override {
        keyring_.forget(*this);
        loop_.remove(*this);
    }
    void advance() override {
        if (!login) login = keyring_.login(node_, *this);
    }
    net::Interest interest() const override { return {}; }

    std::optional<Result<std::optional<redis::Login>>> login;

  private:
    const Node& node_;
    Keyring& keyring_;
    net::Loop& loop_;
};

}  // namespace

Result<std::optional<redis::Login>> Fleet::login(const Node& node, Deadline deadline) {
    LoginWait wait(node, keyring_, dialer_.loop());
    TRY(dialer_.loop().run([&] { return wait.login.has_value(); }, deadline));
    return *wait.login;
}

}  // namespace redisctl::fleet
