#include "fleet/replication_client.h"

#include "base/interrupt.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl::fleet {

namespace {

constexpr const char* setting = "min-replicas-to-write";
constexpr size_t longest_line = 4096;

}  // namespace

std::vector<redis::Request> replication_questions() {
    std::vector<redis::Request> requests = redis::node_view_requests();
    requests.push_back({"CONFIG", "GET", setting});
    return requests;
}

Result<ReplicationAnswers> read_replication_answers(const std::vector<redis::Value>& replies) {
    const size_t of_view = redis::node_view_requests().size();
    if (replies.size() <= of_view) return fail(ErrorCode::protocol, "the node sent too few replies");
    ReplicationAnswers answers;
    TRY_ASSIGN(answers.view, redis::parse_node_view({replies.begin(), replies.begin() + static_cast<long>(of_view)}));
    const redis::NodeView& view = answers.view;
    if (view.role != redis::Role::master || !view.good_replicas) return answers;
    const redis::Value& reply = replies[of_view];
    std::optional<int64_t> wanted;
    if (reply.elements.size() == 2) wanted = parse_int(reply.elements[1].text);
    if (!wanted)
        answers.not_harmless = fmt::format("{} is set, and it does not tell to what", setting);
    else if (*view.good_replicas + 1 == *wanted)
        answers.not_harmless =
            fmt::format("it refuses writes for want of a replica ({} {}), and would take us for one", setting, *wanted);
    return answers;
}

ReplicationClient::ReplicationClient(Dialer& dialer, Keyring& keyring, std::string client_name, const Node& node,
                                     Deadline connect_deadline, Waiting waiting)
    : node_(node),
      dialer_(dialer),
      keyring_(keyring),
      client_name_(std::move(client_name)),
      connect_deadline_(connect_deadline),
      waiting_(waiting) {
    dialer_.loop().add(*this);
}

ReplicationClient::~ReplicationClient() {
    keyring_.forget(*this);
    dialer_.loop().remove(*this);
}

net::Interest ReplicationClient::interest() const {
    return error_ || !stream_ ? net::Interest{} : stream_->interest(!out_.empty());
}

Deadline ReplicationClient::deadline() const {
    return error_ || (stream_ && stream_->connected()) ? Deadline::never() : connect_deadline_;
}

void ReplicationClient::advance() {
    if (error_) return;
    if (Result<void> moved = move(); !moved) {
        error_ = std::move(moved).error();
        stream_.reset();
    } else if (!(stream_ && stream_->connected()) && connect_deadline_.passed()) {
        error_ = Error{ErrorCode::timeout,
                       fmt::format("no connection to {} in time", net::to_string(node_.address)),
                       {},
                       {},
                       "CONNECT_TIMEOUT"};
        stream_.reset();
    }
}

Result<void> ReplicationClient::move() {
    if (!stream_) {
        const auto tls = keyring_.tls(node_, *this);
        if (!tls) return {};
        TRY(*tls);
        stream_ = dialer_.dial(node_, **tls, connect_deadline_);
        stream_->set_owner(this);
    }
    if (!connection_) {
        if (const auto login = keyring_.login(node_, *this)) {
            TRY(*login);
            connection_.emplace(**login, client_name_);
            connection_->ask(questions_, out_);
        }
    }
    const Result<void> pumped = stream_->pump(out_, in_);
    if (connection_ && !streaming_ && !in_.empty()) TRY(connection_->feed(in_));
    return pumped;
}

// What came before the end of the stream counts. The loop looks for an interrupt only when it has to wait.
Result<void> ReplicationClient::wait(const std::function<bool()>& done) {
    if (interrupt::wanted()) return fail(ErrorCode::interrupted, "interrupted");
    const Result<void> run = dialer_.loop().run([&] { return done() || error_.has_value(); }, waiting_.now());
    if (done()) return {};
    if (error_) return fail(*error_);
    if (run || run.error().code == ErrorCode::interrupted) return run;
    return fail(
        Error{ErrorCode::timeout, fmt::format("{} sent nothing more in time", node_.name), {}, {}, "NO_ANSWER"});
}

Result<std::vector<redis::Value>> ReplicationClient::ask(const std::vector<redis::Request>& requests) {
    if (connection_)
        connection_->ask(requests, out_);
    else
        questions_ = requests;
    dialer_.loop().wake(*this);
    TRY(wait([&] { return connection_ && connection_->complete(); }));
    return connection_->take();
}

void ReplicationClient::psync(const std::string& replid, int64_t offset) {
    out_ += redis::encode({"PSYNC", replid, std::to_string(offset)});
    streaming_ = true;
    dialer_.loop().wake(*this);
}

Result<std::string> ReplicationClient::line() {
    std::string bytes;
    while (true) {
        TRY_ASSIGN(const std::string more, next());
        bytes += more;
        bytes.erase(0, std::min(bytes.find_first_not_of('\n'), bytes.size()));
        if (const size_t end = bytes.find("\r\n"); end != std::string::npos) {
            in_.insert(0, bytes, end + 2);
            return bytes.substr(0, end);
        }
        if (bytes.size() > longest_line)
            return fail(ErrorCode::protocol, fmt::format("what {} answers to PSYNC is no reply", node_.name));
    }
}

Result<std::string> ReplicationClient::next() {
    TRY(wait([&] { return !in_.empty(); }));
    return std::exchange(in_, {});
}

}  // namespace redisctl::fleet
