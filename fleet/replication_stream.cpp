#include "fleet/replication_stream.h"

#include "base/text.h"
#include "redis/connection.h"
#include "redis/reply_error.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace redisctl::fleet {

namespace {

constexpr const char* setting = "min-replicas-to-write";
constexpr size_t longest_line = 4096;

Error refused(const Node& node, std::string cause) {
    return Error{ErrorCode::refused,
                 fmt::format("the history of {} cannot be read", node.name),
                 std::move(cause),
                 {},
                 "NOT_IN_BACKLOG"};
}

// The last of the questions is CONFIG GET of the setting.
std::vector<redis::Request> questions() {
    std::vector<redis::Request> requests = redis::node_view_requests();
    requests.push_back({"CONFIG", "GET", setting});
    return requests;
}

// One more good replica must not lift a node over the number that it waits for.
std::string why_not_harmless(const redis::NodeView& view, const redis::Value& reply) {
    if (view.role != redis::Role::master || !view.good_replicas) return {};
    std::optional<int64_t> wanted;
    if (reply.elements.size() == 2) wanted = parse_int(reply.elements[1].text);
    if (!wanted) return fmt::format("{} is set, and it does not tell to what", setting);
    if (*view.good_replicas >= *wanted || *view.good_replicas + 1 < *wanted) return {};
    return fmt::format("it refuses writes for want of a replica ({} {}), and would take us for one", setting, *wanted);
}

class Reader final : public net::Task {
  public:
    Reader(const Node& node, Dialer& dialer, Keyring& keyring, const std::string& client_name,
           const HistoryRange& range, Deadline deadline)
        : node_(node),
          dialer_(dialer),
          keyring_(keyring),
          client_name_(client_name),
          range_(range),
          deadline_(deadline) {
        dialer_.loop().add(*this);
    }
    ~Reader() override {
        keyring_.forget(*this);
        dialer_.loop().remove(*this);
    }

    bool done() const { return result_.has_value(); }
    Result<HistoryPart> take() { return std::move(*result_); }

  private:
    net::Interest interest() const override {
        return done() || !stream_ ? net::Interest{} : stream_->interest(!out_.empty());
    }
    Deadline deadline() const override { return Deadline::never(); }

    void advance() override {
        if (done()) return;
        Result<void> moved = move();
        if (!moved)
            finish(fail(std::move(moved).error()));
        else if (left_ == 0)
            finish(cut_up());
    }

    void finish(Result<HistoryPart> result) {
        result_ = std::move(result);
        stream_.reset();
    }

    Result<void> move() {
        if (!stream_) {
            const auto tls = keyring_.tls(node_, *this);
            if (!tls) return {};
            TRY(*tls);
            stream_ = dialer_.dial(node_, **tls, deadline_);
            stream_->set_owner(this);
        }
        if (!connection_) {
            if (const auto login = keyring_.login(node_, *this)) {
                TRY(*login);
                connection_.emplace(**login, client_name_);
                const std::vector<redis::Request> requests = questions();
                connection_->ask(requests, out_);
            }
        }
        const Result<void> pumped = stream_->pump(out_, in_);
        if (connection_ && !asked_) {
            TRY(connection_->feed(in_));
            if (connection_->complete()) TRY(ask_for_history());
        }
        if (asked_) TRY(take_in());
        if (!pumped && left_ != 0) return pumped;
        return {};
    }

    Result<void> ask_for_history() {
        const std::vector<redis::Value> replies = connection_->take();
        const std::vector<redis::Value> view(replies.begin(), replies.end() - 1);
        TRY_ASSIGN(part_.view, redis::parse_node_view(view));
        if (std::string why = why_not_in_backlog(part_.view, range_); !why.empty()) return fail(refused(node_, why));
        if (std::string why = why_not_harmless(part_.view, replies.back()); !why.empty())
            return fail(refused(node_, why));
        const int64_t total = *part_.view.master_offset - range_.from + 1;
        const size_t wanted = std::min(static_cast<size_t>(std::max<int64_t>(total, 0)), range_.most);
        part_.cut = wanted < static_cast<size_t>(std::max<int64_t>(total, 0));
        if (total <= 0) {
            left_ = 0;
            return {};
        }
        const int64_t first = std::max(*part_.view.backlog_first, range_.from - static_cast<int64_t>(range_.before));
        in_front_ = static_cast<size_t>(range_.from - first);
        left_ = in_front_ + wanted;
        out_ += redis::encode({"PSYNC", range_.replid, std::to_string(first)});
        asked_ = true;
        const Result<void> sent = stream_->pump(out_, in_);
        return sent ? Result<void>{} : fail(sent.error());
    }

    Result<void> take_in() {
        if (!continued_) {
            // A master that is busy keeps the line alive with newlines (redis src/replication.c replicationCron).
            const size_t begin = in_.find_first_not_of('\n');
            if (begin == std::string::npos) return {};
            const size_t end = in_.find("\r\n", begin);
            if (end == std::string::npos) {
                if (in_.size() > longest_line) return fail(refused(node_, "what it answers to PSYNC is no reply"));
                return {};
            }
            const std::string line = in_.substr(begin, end - begin);
            in_.erase(0, end + 2);
            if (!line.starts_with("+CONTINUE"))
                return fail(refused(node_, "it answers to PSYNC: " + printable(line.substr(0, 100))));
            continued_ = true;
        }
        const size_t taken = std::min(*left_, in_.size());
        part_.bytes.append(in_, 0, taken);
        in_.erase(0, taken);
        *left_ -= taken;
        return {};
    }

    HistoryPart cut_up() {
        part_.before = part_.bytes.substr(0, in_front_);
        part_.bytes.erase(0, in_front_);
        return std::move(part_);
    }

    const Node& node_;
    Dialer& dialer_;
    Keyring& keyring_;
    const std::string& client_name_;
    const HistoryRange& range_;
    Deadline deadline_;
    std::unique_ptr<net::Stream> stream_;
    std::optional<redis::Connection> connection_;
    std::string out_, in_;
    bool asked_ = false, continued_ = false;
    std::optional<size_t> left_;  // bytes still to come; known when PSYNC was sent
    size_t in_front_ = 0;
    HistoryPart part_;
    std::optional<Result<HistoryPart>> result_;
};

}  // namespace

std::string why_not_in_backlog(const redis::NodeView& view, const HistoryRange& range) {
    // A replica without a master answers NOMASTERLINK to PSYNC.
    if (view.role != redis::Role::master && view.link_up != true)
        return "it is a replica without link, and such a one does not show its history";
    if (view.backlog_active != true || !view.backlog_first || !view.backlog_histlen || !view.master_offset)
        return "it keeps no backlog";
    const bool own = range.replid == view.replid;
    const bool former = range.replid == view.replid2 && view.second_offset && range.from <= *view.second_offset;
    if (!own && !former) return "its backlog is of another history";
    if (range.from < *view.backlog_first)
        return fmt::format("its backlog begins at byte {}, and byte {} is wanted", *view.backlog_first, range.from);
    if (range.from > *view.backlog_first + *view.backlog_histlen)
        return fmt::format("its backlog ends before byte {}", range.from);
    return {};
}

Result<HistoryPart> read_history(Dialer& dialer, Keyring& keyring, const std::string& client_name, const Node& node,
                                 const HistoryRange& range, Deadline deadline) {
    if (node.not_running) return fail(*node.not_running);
    Reader reader(node, dialer, keyring, client_name, range, deadline);
    const Result<void> run = dialer.loop().run([&] { return reader.done(); }, deadline);
    if (reader.done()) return reader.take();
    if (run.error().code == ErrorCode::interrupted) return fail(run.error());
    return fail(ErrorCode::timeout, fmt::format("the history of {} was not read in time", node.name), {},
                "a longer --read-timeout");
}

}  // namespace redisctl::fleet
