#include "fleet/snapshot.h"

#include "base/text.h"
#include "redis/info_fields.h"
#include "redis/reply_error.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace redisctl::fleet {

namespace {

constexpr Millis between_acks{1'000};  // as replicas do (replicationCron)
constexpr size_t mark_size = 40;  // redis src/server.h CONFIG_RUN_ID_SIZE
constexpr std::string_view mark_word = "$EOF:";
// A port that does not exist. INFO of the server shows us among its replicas, and a Sentinel that reads a master's INFO
// adds what it finds there for good; this one it cannot add (sentinel.c createSentinelAddr). Tried with Redis 6.0, 7.0,
// 8.0 and Valkey 8.1; without it each of their Sentinels kept a ghost of port 0.
constexpr const char* no_port = "65536";

Error not_understood(const Node& node, std::string_view line) {
    return {ErrorCode::protocol,
            fmt::format("{} did not send its data", node.name),
            "it answers to PSYNC: " + printable(line.substr(0, 100)),
            {},
            {}};
}

redis::Value error_value(std::string_view line) {
    redis::Value value;
    value.type = redis::Value::Type::error;
    value.text = line.substr(1);
    return value;
}

Error refused_by_server(const Node& node, std::string_view line, std::string_view command) {
    Error error = redis::reply_error(error_value(line), command);
    error.message = fmt::format("{}: {}", node.name, error.message);
    return error;
}

Result<void> check(const Node& node, const ReplicationAnswers& answers, bool rdb_only, SnapshotOf what) {
    const redis::NodeView& view = answers.view;
    if (view.role == redis::Role::sentinel)
        return fail(ErrorCode::usage, fmt::format("{} is a Sentinel, which holds no data", node.name));
    if (view.loading == true)
        return fail(Error{ErrorCode::server,
                          fmt::format("{} is loading its data", node.name),
                          {},
                          "redisctl wait --for healthy",
                          "LOADING"});
    if (view.role == redis::Role::replica && view.link_up != true)
        return fail(Error{ErrorCode::conflict, fmt::format("{} is a replica without link", node.name),
                          "it sends no data then, and what it has may be old", "redisctl status", "NO_LINK"});
    if (!rdb_only && !answers.not_harmless.empty())
        return fail(Error{ErrorCode::refused,
                          fmt::format("the data of {} cannot be asked for", node.name),
                          answers.not_harmless,
                          "take it from a replica: --node NAME",
                          {}});
    if (what == SnapshotOf::rdb_and_commands && view.role == redis::Role::master && view.good_replicas)
        return fail(Error{ErrorCode::refused, fmt::format("the commands of {} cannot be asked for", node.name),
                          "min-replicas-to-write is set, and for as long as it lasts it would count us as one of them",
                          "take them from a replica: --from replica", "MIN_REPLICAS"});
    return {};
}

}  // namespace

Result<SnapshotStart> Snapshot::begin(SnapshotOf what) {
    const Node& node = client_->node();
    if (node.not_running) return fail(*node.not_running);
    std::vector<redis::Request> questions = replication_questions();
    questions.push_back({"INFO", "keyspace"});
    questions.push_back({"REPLCONF", "capa", "eof"});
    questions.push_back({"REPLCONF", "listening-port", no_port});
    // 0 asks for nothing, and says whether it is known.
    questions.push_back({"REPLCONF", "rdb-only", what == SnapshotOf::rdb ? "1" : "0"});
    TRY_ASSIGN(const std::vector<redis::Value> replies, client_->ask(questions));
    TRY_ASSIGN(ReplicationAnswers answers, read_replication_answers(replies));
    const auto last = replies.end();
    for (const redis::Value& reply : {*(last - 3), *(last - 2)})
        if (reply.is_error()) return fail(refused_by_server(node, "-" + reply.text, "REPLCONF"));
    SnapshotStart start;
    start.rdb_only = what == SnapshotOf::rdb && !(last - 1)->is_error();
    if (const auto keyspace = redis::read_info(*(last - 4), "keyspace"))
        start.keys = redis::keys_by_database(*keyspace);
    TRY(check(node, answers, start.rdb_only, what));
    start.view = std::move(answers.view);
    of_master_ = start.view.role == redis::Role::master;

    client_->psync("?", -1);
    TRY_ASSIGN(const std::string answer, client_->line());
    if (answer.starts_with('-')) return fail(refused_by_server(node, answer, "PSYNC"));
    const std::vector<std::string_view> words = split(answer, ' ');
    const std::optional<int64_t> offset = words.size() == 3 ? parse_int(words[2]) : std::nullopt;
    if (words[0] != "+FULLRESYNC" || !offset) return fail(not_understood(node, answer));
    start.replid = words[1];
    start.offset = *offset;

    TRY_ASSIGN(const std::string head, client_->line());
    if (head.starts_with('-')) return fail(refused_by_server(node, head, "PSYNC"));
    if (head.starts_with(mark_word) && head.size() == mark_word.size() + mark_size) {
        mark_ = head.substr(mark_word.size());
        return start;
    }
    const std::optional<int64_t> length = head.starts_with('$') ? parse_int(head.substr(1)) : std::nullopt;
    if (!length || *length < 0) return fail(not_understood(node, head));
    left_ = start.length = static_cast<uint64_t>(*length);
    return start;
}

Result<void> Snapshot::next(std::string& bytes) {
    bytes.clear();
    if (done_ || left_ == uint64_t{0}) return {};
    while (true) {
        TRY(client_->next(bytes));
        if (left_) {
            if (bytes.size() > *left_) {
                behind_ = bytes.substr(*left_);
                bytes.resize(*left_);
            }
            *left_ -= bytes.size();
            return {};
        }
        // No command follows the mark before the server has heard from us that all of it came.
        bytes.insert(0, held_);
        done_ = bytes.ends_with(mark_);
        held_ = bytes.size() > mark_size ? bytes.substr(bytes.size() - mark_size) : bytes;
        bytes.resize(bytes.size() - held_.size());
        if (done_ || !bytes.empty()) return {};
    }
}

Result<void> Snapshot::next_commands(std::string& bytes, int64_t received, Deadline until) {
    if (!behind_.empty()) {
        bytes = std::exchange(behind_, {});
        return {};
    }
    const Deadline patience = client_->patience();
    while (true) {
        if (next_ack_.passed()) {
            client_->tell({"REPLCONF", "ACK", std::to_string(of_master_ ? 0 : received)});
            next_ack_ = Deadline::after(between_acks);
        }
        Result<void> came = client_->next(bytes, next_ack_.earlier(until).earlier(patience));
        if (came || came.error().code != ErrorCode::timeout) return came;
        if (until.passed()) {
            bytes.clear();
            return {};
        }
        if (patience.passed()) return came;
    }
}

}  // namespace redisctl::fleet
