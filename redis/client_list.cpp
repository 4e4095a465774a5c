#include "redis/client_list.h"

#include "base/text.h"
#include "redis/info_fields.h"
#include "redis/reply_error.h"

namespace redisctl::redis {

namespace {

std::string type_of(std::string_view flags, std::optional<int64_t> subscribed) {
    if (flags.find('S') != flags.npos) return "replica";
    if (flags.find('M') != flags.npos) return "master";
    if (flags.find('P') != flags.npos || subscribed.value_or(0) > 0) return "pubsub";
    return "normal";
}

}  // namespace

std::string ConnectedClient::host() const {
    return address.substr(0, address.rfind(':'));
}

Result<std::vector<ConnectedClient>> read_client_list(const Value& reply) {
    if (reply.is_error()) return fail(reply_error(reply, "CLIENT"));
    TRY_ASSIGN(const std::string_view text, reply.as_text());
    std::vector<ConnectedClient> clients;
    for (const std::string_view line : split(text, '\n')) {
        InfoFields fields;
        // Names may hold no blanks: CLIENT SETNAME refuses them.
        for (const std::string_view word : split(trim(line), ' '))
            if (const size_t equals = word.find('='); equals != word.npos)
                fields.emplace(word.substr(0, equals), word.substr(equals + 1));
        const auto id = count_of(fields, "id");
        if (!id) continue;
        ConnectedClient client{*id,
                               text_of(fields, "addr"),
                               text_of(fields, "name"),
                               text_of(fields, "user"),
                               text_of(fields, "lib-name"),
                               text_of(fields, "cmd"),
                               {},
                               0,
                               false,
                               {},
                               {},
                               {}};
        const std::string flags = text_of(fields, "flags");
        client.type = type_of(flags, count_of(fields, "sub"));
        client.blocked = flags.find('b') != flags.npos;
        client.database = count_of(fields, "db").value_or(0);
        client.age_seconds = count_of(fields, "age");
        client.idle_seconds = count_of(fields, "idle");
        client.output_bytes = count_of(fields, "omem");
        clients.push_back(std::move(client));
    }
    return clients;
}

}  // namespace redisctl::redis
