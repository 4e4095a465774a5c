#include "commands/backup_settings.h"

#include "base/interrupt.h"
#include "base/text.h"
#include "redis/reply_error.h"
#include "redis/sensitive.h"

#include <fmt/core.h>

#include <optional>

namespace redisctl {

namespace {

constexpr std::string_view part_kind = "config";

std::vector<std::string> users_of(const redis::Value& reply) {
    std::vector<std::string> users;
    for (const redis::Value& line : reply.elements)
        if (const auto text = line.as_text()) users.emplace_back(*text);
    return users;
}

std::string head_of(const topology::NodePicture& picture, const backup::Manifest& manifest,
                    redis::Passwords passwords) {
    std::string head = fmt::format("# {}, {} {}, at {}: CONFIG GET * and ACL LIST, by redisctl\n",
                                   printable(picture.name), printable(picture.view->server),
                                   printable(picture.view->version), manifest.time);
    if (passwords == redis::Passwords::left_out)
        head += fmt::format("# Passwords are left out: fill in the lines with {} before it goes into use.\n",
                            redis::hidden);
    return head;
}

class Adding {
  public:
    Adding(redis::Passwords passwords, backup::NewBackup& into) : passwords_(passwords), into_(into) {}

    Result<void> add(const topology::NodePicture& picture, const Result<std::vector<redis::Value>>& replies) {
        if (!replies) return miss(picture.name, replies.error());
        const Result<redis::InfoFields> parameters = redis::read_pairs(replies->at(0), "CONFIG");
        if (!parameters) return miss(picture.name, parameters.error());
        const redis::Value& users = replies->at(1);
        if (users.is_error())
            if (const Error error = redis::reply_error(users, "ACL"); error.reason != "UNKNOWN_COMMAND")
                into_.miss(part_kind, picture.name + " users", error);
        TRY(into_.add(part_kind, picture.name, ".conf",
                      head_of(picture, into_.manifest(), passwords_) +
                          redis::config_file(*parameters, users_of(users), passwords_)));
        done_++;
        return {};
    }

    Result<void> miss(const std::string& node, const Error& error) {
        into_.miss(part_kind, node, error);
        if (!first_) first_ = error;
        return {};
    }

    Result<void> result() const {
        if (done_ > 0) return {};
        return fail(first_.value_or(Error{ErrorCode::not_found, "no Redis is among the nodes that were named", {}, {}, {}}));
    }

  private:
    redis::Passwords passwords_;
    backup::NewBackup& into_;
    size_t done_ = 0;
    std::optional<Error> first_;
};

}  // namespace

Result<void> add_settings(Context& context, const Look& seen, const NodeNames& wanted, redis::Passwords passwords,
                          backup::NewBackup& into) {
    const fleet::Instance& instance = seen.found.inventory.instances.front();
    Adding adding(passwords, into);
    std::vector<fleet::Call> calls;
    std::vector<const topology::NodePicture*> asked;
    for (const topology::NodePicture& picture : seen.pictures.front().nodes) {
        if (!wanted.has(picture.name)) continue;
        if (!picture.view) {
            TRY(adding.miss(picture.name, picture.error.value_or(Error{ErrorCode::unreachable, "it did not answer", {}, {}, {}})));
            continue;
        }
        for (const fleet::Node& node : instance.nodes)
            if (node.name == picture.name) {
                calls.push_back({&node, {{"CONFIG", "GET", "*"}, {"ACL", "LIST"}}});
                asked.push_back(&picture);
            }
    }
    const std::vector<fleet::Outcome> outcomes = context.ask_further(calls);
    if (interrupt::count() > 0) return fail(ErrorCode::interrupted, "interrupted");
    for (size_t i = 0; i < outcomes.size(); i++) TRY(adding.add(*asked[i], outcomes[i].replies));
    return adding.result();
}

}  // namespace redisctl
