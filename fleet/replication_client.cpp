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
      line_(node, dialer, keyring, std::move(client_name), connect_deadline, *this),
      waiting_(waiting) {
    dialer_.loop().add(*this);
}

ReplicationClient::~ReplicationClient() {
    dialer_.loop().remove(*this);
}

net::Interest ReplicationClient::interest() const {
    return error_ ? net::Interest{} : line_.interest();
}

Deadline ReplicationClient::deadline() const {
    return error_ || line_.connected() ? Deadline::never() : line_.connect_deadline();
}

void ReplicationClient::advance() {
    if (error_) return;
    if (Result<void> moved = move(); !moved) {
        error_ = std::move(moved).error();
        line_.close();
    } else if (!line_.connected() && line_.connect_deadline().passed()) {
        error_ = Error{ErrorCode::timeout,
                       fmt::format("no connection to {} in time", net::to_string(node_.address)),
                       {},
                       {},
                       "CONNECT_TIMEOUT"};
        line_.close();
    }
}

Result<void> ReplicationClient::move() {
    const Result<void> pumped = line_.pump(questions_);
    if (auto& connection = line_.connection(); connection && !streaming_ && !line_.in.empty())
        TRY(connection->feed(line_.in));
    return pumped;
}

// What came before the end of the stream counts. The loop looks for an interrupt only when it has to wait.
Result<void> ReplicationClient::wait(const std::function<bool()>& done, Deadline until) {
    if (interrupt::wanted()) return fail(ErrorCode::interrupted, "interrupted");
    const Result<void> run = dialer_.loop().run([&] { return done() || error_.has_value(); }, until);
    if (done()) return {};
    if (error_) return fail(*error_);
    if (run || run.error().code == ErrorCode::interrupted) return run;
    return fail(
        Error{ErrorCode::timeout, fmt::format("{} sent nothing more in time", node_.name), {}, {}, "NO_ANSWER"});
}

Result<std::vector<redis::Value>> ReplicationClient::ask(const std::vector<redis::Request>& requests) {
    if (auto& connection = line_.connection())
        connection->ask(requests, line_.out);
    else
        questions_ = requests;
    dialer_.loop().wake(*this);
    TRY(wait([&] { return line_.connection() && line_.connection()->complete(); }, patience()));
    return line_.connection()->take();
}

void ReplicationClient::psync(const std::string& replid, int64_t offset) {
    line_.out += redis::encode({"PSYNC", replid, std::to_string(offset)});
    streaming_ = true;
    dialer_.loop().wake(*this);
}

Result<std::string> ReplicationClient::line() {
    std::string bytes, more;
    while (true) {
        TRY(next(more));
        bytes += more;
        bytes.erase(0, std::min(bytes.find_first_not_of('\n'), bytes.size()));
        if (const size_t end = bytes.find("\r\n"); end != std::string::npos) {
            line_.in.insert(0, bytes, end + 2);
            return bytes.substr(0, end);
        }
        if (bytes.size() > longest_line)
            return fail(ErrorCode::protocol, fmt::format("what {} answers to PSYNC is no reply", node_.name));
    }
}

Result<void> ReplicationClient::next(std::string& bytes) {
    return next(bytes, patience());
}

Result<void> ReplicationClient::next(std::string& bytes, Deadline until) {
    TRY(wait([&] { return !line_.in.empty(); }, until));
    bytes.clear();
    bytes.swap(line_.in);
    return {};
}

void ReplicationClient::tell(const redis::Request& request) {
    line_.out += redis::encode(request);
    dialer_.loop().wake(*this);
}

}  // namespace redisctl::fleet
