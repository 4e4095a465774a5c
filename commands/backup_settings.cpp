#include "commands/backup_settings.h"

#include "base/interrupt.h"
#include "base/text.h"
#include "redis/reply_error.h"
#include "redis/sensitive.h"
#include "redis/sentinel_file.h"

#include <fmt/format.h>

#include <optional>

namespace redisctl {

namespace {

constexpr std::string_view part_kind = "config", sentinel_kind = "sentinel";

std::vector<std::string> users_of(const redis::Value& reply) {
    std::vector<std::string> users;
    for (const redis::Value& line : reply.elements)
        if (const auto text = line.as_text()) users.emplace_back(*text);
    return users;
}

template <class Picture>
std::string head_of(const Picture& picture, std::string_view of, const backup::Manifest& manifest,
                    redis::Passwords passwords) {
    std::string head =
        fmt::format("# {}, {} {}, at {}: {}, by redisctl\n", printable(picture.name), printable(picture.view->server),
                    printable(picture.view->version), manifest.time, of);
    if (passwords == redis::Passwords::left_out)
        head += fmt::format("# Passwords are left out: fill in the lines with {} before it goes into use.\n",
                            redis::hidden);
    return head;
}

class Adding {
  public:
    Adding(redis::Passwords passwords, backup::NewBackup& into) : passwords_(passwords), into_(into) {}

    Result<void> add(const topology::NodePicture& picture, const Result<std::vector<redis::Value>>& replies) {
        if (!replies) return miss(part_kind, picture.name, replies.error());
        const Result<redis::InfoFields> parameters = redis::read_pairs(replies->at(0), "CONFIG");
        if (!parameters) return miss(part_kind, picture.name, parameters.error());
        const redis::Value& users = replies->at(1);
        if (users.is_error())
            if (const Error error = redis::reply_error(users, "ACL"); error.reason != "UNKNOWN_COMMAND")
                into_.miss(part_kind, picture.name + " users", error);
        TRY(into_.add(part_kind, picture.name, ".conf",
                      head_of(picture, "CONFIG GET * and ACL LIST", into_.manifest(), passwords_) +
                          redis::config_file(*parameters, users_of(users), passwords_)));
        done_++;
        return {};
    }

    Result<void> add_sentinel(const topology::SentinelPicture& picture,
                              const Result<std::vector<redis::Value>>& replies) {
        if (!replies) return miss(sentinel_kind, picture.name, replies.error());
        Result<redis::SentinelSettings> settings =
            redis::read_sentinel_settings(replies->at(0), replies->at(1), replies->at(2));
        if (!settings) return miss(sentinel_kind, picture.name, settings.error());
        settings->port = picture.view->tcp_port;
        if (settings->without_own) into_.miss(sentinel_kind, picture.name + " settings", *settings->without_own);
        if (settings->without_users) into_.miss(sentinel_kind, picture.name + " users", *settings->without_users);
        const std::vector<std::string> untold = redis::not_told(*settings);
        std::string text = head_of(picture, "SENTINEL CONFIG GET *, SENTINEL MASTERS and ACL LIST", into_.manifest(),
                                   passwords_);
        text += fmt::format("# No Sentinel tells whether it has these, so they are not in it: {}.\n",
                            fmt::join(untold, ", "));
        text += redis::sentinel_file(*settings, passwords_);
        TRY(into_.add(sentinel_kind, picture.name, ".sentinel.conf", text, untold));
        done_++;
        return {};
    }

    Result<void> miss(std::string_view kind, const std::string& node, const Error& error) {
        into_.miss(kind, node, error);
        if (!first_) first_ = error;
        return {};
    }

    Result<void> result() const {
        if (done_ > 0) return {};
        return fail(first_.value_or(Error{ErrorCode::not_found, "no node is among those that were named", {}, {}, {}}));
    }

  private:
    redis::Passwords passwords_;
    backup::NewBackup& into_;
    size_t done_ = 0;
    std::optional<Error> first_;
};

template <class Picture>
Error silence_of(const Picture& picture) {
    return picture.error.value_or(Error{ErrorCode::unreachable, "it did not answer", {}, {}, {}});
}

// Those of them that are wanted and answered, and what they are asked; the others are noted.
template <class Picture>
Result<void> ask_for(const std::vector<Picture>& pictures, const std::vector<fleet::Node>& nodes,
                     const NodeNames& wanted, std::string_view kind, const std::vector<redis::Request>& questions,
                     Adding& adding, std::vector<fleet::Call>& calls, std::vector<const Picture*>& asked) {
    for (const Picture& picture : pictures) {
        if (!wanted.has(picture.name)) continue;
        if (!picture.view) {
            TRY(adding.miss(kind, picture.name, silence_of(picture)));
            continue;
        }
        for (const fleet::Node& node : nodes)
            if (node.name == picture.name) {
                calls.push_back({&node, questions});
                asked.push_back(&picture);
            }
    }
    return {};
}

}  // namespace

Result<void> add_settings(Context& context, const Look& seen, const NodeNames& wanted, redis::Passwords passwords,
                          backup::NewBackup& into) {
    const fleet::Instance& instance = seen.found.inventory.instances.front();
    const topology::Picture& picture = seen.pictures.front();
    Adding adding(passwords, into);
    std::vector<fleet::Call> calls;
    std::vector<const topology::NodePicture*> nodes;
    std::vector<const topology::SentinelPicture*> sentinels;
    TRY(ask_for(picture.nodes, instance.nodes, wanted, part_kind, {{"CONFIG", "GET", "*"}, {"ACL", "LIST"}}, adding,
                calls, nodes));
    TRY(ask_for(picture.sentinels, instance.sentinels, wanted, sentinel_kind,
                {{"SENTINEL", "MASTERS"}, {"SENTINEL", "CONFIG", "GET", "*"}, {"ACL", "LIST"}}, adding, calls,
                sentinels));
    const std::vector<fleet::Outcome> outcomes = context.ask_further(calls);
    if (interrupt::count() > 0) return fail(ErrorCode::interrupted, "interrupted");
    for (size_t i = 0; i < nodes.size(); i++) TRY(adding.add(*nodes[i], outcomes[i].replies));
    for (size_t i = 0; i < sentinels.size(); i++)
        TRY(adding.add_sentinel(*sentinels[i], outcomes[nodes.size() + i].replies));
    return adding.result();
}

}  // namespace redisctl
