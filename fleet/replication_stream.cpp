#include "fleet/replication_stream.h"

#include "base/text.h"
#include "fleet/replication_client.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl::fleet {

namespace {

Error refused(const Node& node, std::string cause) {
    return Error{ErrorCode::refused,
                 fmt::format("the history of {} cannot be read", node.name),
                 std::move(cause),
                 {},
                 "NOT_IN_BACKLOG"};
}

Result<HistoryPart> read_history(ReplicationClient& client, const HistoryRange& range) {
    TRY_ASSIGN(const std::vector<redis::Value> replies, client.ask(replication_questions()));
    TRY_ASSIGN(ReplicationAnswers answers, read_replication_answers(replies));
    HistoryPart part;
    part.view = std::move(answers.view);
    if (std::string why = why_not_in_backlog(part.view, range); !why.empty())
        return fail(refused(client.node(), std::move(why)));
    if (!answers.not_harmless.empty()) return fail(refused(client.node(), std::move(answers.not_harmless)));
    const int64_t total = *part.view.master_offset - range.from + 1;
    if (total <= 0) return part;
    const size_t wanted = std::min(static_cast<size_t>(total), range.most);
    part.cut = wanted < static_cast<size_t>(total);
    const int64_t first = std::max(*part.view.backlog_first, range.from - static_cast<int64_t>(range.before));
    const size_t in_front = static_cast<size_t>(range.from - first);

    client.psync(range.replid, first);
    TRY_ASSIGN(const std::string line, client.line());
    if (!line.starts_with("+CONTINUE"))
        return fail(refused(client.node(), "it answers to PSYNC: " + printable(line.substr(0, 100))));
    std::string bytes;
    while (part.bytes.size() < in_front + wanted) {
        TRY(client.next(bytes));
        part.bytes += bytes;
    }
    part.bytes.resize(in_front + wanted);
    part.before = part.bytes.substr(0, in_front);
    part.bytes.erase(0, in_front);
    return part;
}

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
    ReplicationClient client(dialer, keyring, client_name, node, deadline, {deadline});
    Result<HistoryPart> part = read_history(client, range);
    if (!part && part.error().code == ErrorCode::timeout)
        return fail(ErrorCode::timeout, fmt::format("the history of {} was not read in time", node.name), {},
                    "a longer --read-timeout");
    return part;
}

}  // namespace redisctl::fleet
