#include "redis/codec.h"

#include "base/text.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <utility>

#include <hiredis.h>

namespace redisctl::redis {

namespace {

// Status and error replies of real servers stay far below; without a limit every piece of an endless line is searched
// again.
constexpr size_t max_line_bytes = 64u << 10;

struct Building {
    size_t elements = 0;  // of all levels
    std::optional<Error> error;
};

Error too_large(std::string message, std::string cause) {
    return Error{ErrorCode::protocol, std::move(message), std::move(cause),
                 "check that the address is that of a Redis or Sentinel", "REPLY_TOO_LARGE"};
}

// hiredis' callbacks. Returning nullptr stops its reader; what was wrong is kept in Building.
// A child is put into its parent here: hiredis keeps only the root. Elements are added as they come, so that a header
// alone allocates nothing; a pointer to an element stays good because its siblings come only when it is complete.
Building& building(const redisReadTask* task) {
    return *static_cast<Building*>(task->privdata);
}

void* refuse(const redisReadTask* task, Error error) {
    building(task).error = std::move(error);
    return nullptr;
}

void* refuse_resp3(const redisReadTask* task) {
    return refuse(task, Error{ErrorCode::protocol, "the peer answered in RESP3, which was not asked for", {}, {}, {}});
}

void* add(const redisReadTask* task, Value value) {
    if (!task->parent) return new Value(std::move(value));
    if (++building(task).elements > Decoder::max_elements)
        return refuse(task, too_large("a reply with too many elements is refused",
                                      fmt::format("the limit is {} elements", Decoder::max_elements)));
    auto& siblings = static_cast<Value*>(task->parent->obj)->elements;
    siblings.push_back(std::move(value));
    return &siblings.back();
}

void* create_string(const redisReadTask* task, char* text, size_t size) {
    Value value;
    switch (task->type) {
        case REDIS_REPLY_STRING:
            value.type = Value::Type::string;
            break;
        case REDIS_REPLY_STATUS:
            value.type = Value::Type::status;
            break;
        case REDIS_REPLY_ERROR:
            value.type = Value::Type::error;
            break;
        default:
            return refuse_resp3(task);
    }
    value.text.assign(text, size);
    return add(task, std::move(value));
}

// The count is an int in hiredis 0.14 and a size_t since 1.0.
template <class Count>
void* create_array(const redisReadTask* task, Count count) {
    if (task->type != REDIS_REPLY_ARRAY) return refuse_resp3(task);
    if (std::cmp_less(count, 0) || std::cmp_greater(count, Decoder::max_elements))
        return refuse(task, too_large(fmt::format("a reply that announces an array of {} elements is refused", count),
                                      fmt::format("the limit is {} elements", Decoder::max_elements)));
    size_t depth = 1;
    for (const redisReadTask* above = task->parent; above; above = above->parent) ++depth;
    if (depth > Decoder::max_depth)
        return refuse(task, too_large("a reply that is nested too deep is refused",
                                      fmt::format("the limit is {} levels", Decoder::max_depth)));
    Value value;
    value.type = Value::Type::array;
    return add(task, std::move(value));
}

void* create_integer(const redisReadTask* task, long long number) {
    Value value;
    value.type = Value::Type::integer;
    value.integer = number;
    return add(task, std::move(value));
}

void* create_nil(const redisReadTask* task) {
    return add(task, Value{});
}

void free_root(void* root) {
    delete static_cast<Value*>(root);
}

// Functions are set by name: the struct grew in the middle between 0.14 and 1.0.
template <class Functions>
Functions make_functions() {
    Functions functions{};
    functions.createString = create_string;
    functions.createArray = create_array;
    functions.createInteger = create_integer;
    functions.createNil = create_nil;
    functions.freeObject = free_root;
    if constexpr (requires { functions.createDouble; })
        functions.createDouble = [](const redisReadTask* task, double, char*, size_t) { return refuse_resp3(task); };
    if constexpr (requires { functions.createBool; })
        functions.createBool = [](const redisReadTask* task, int) { return refuse_resp3(task); };
    return functions;
}

// How peers that are no Redis begin.
struct Stranger {
    std::string_view begins, speaks, hint;
};

using namespace std::string_view_literals;
constexpr std::array strangers{
    Stranger{"HTTP/"sv, "HTTP", "check the port: a web server listens there"},
    Stranger{"<"sv, "HTML", "check the port: a web server listens there"},
    Stranger{"\x15\x03"sv, "TLS", "add --tls"},
    Stranger{"SSH-"sv, "SSH", "check the port: an SSH server listens there"},
    Stranger{"ERROR\r\n"sv, "the memcached protocol", "check the port: a memcached listens there"},
};

std::optional<Error> name_stranger(std::string_view said) {
    for (const auto& stranger : strangers) {
        if (!said.starts_with(stranger.begins)) continue;
        return Error{
            ErrorCode::protocol, fmt::format("the peer speaks {}, not Redis", stranger.speaks),
            fmt::format("it said \"{}\"", printable(said.substr(0, std::min<size_t>(said.find_first_of("\r\n"), 60)))),
            std::string(stranger.hint), "NOT_REDIS"};
    }
    return std::nullopt;
}

// More bytes could still make it one of them.
bool may_be_stranger(std::string_view said) {
    for (const auto& stranger : strangers)
        if (said.size() < stranger.begins.size() && stranger.begins.starts_with(said)) return true;
    return false;
}

}  // namespace

std::string encode(const Request& request) {
    std::string bytes = fmt::format("*{}\r\n", request.size());
    for (const auto& argument : request) bytes += fmt::format("${}\r\n{}\r\n", argument.size(), argument);
    return bytes;
}

struct Decoder::Impl {
    struct FreeReader {
        void operator()(redisReader* reader) const { redisReaderFree(reader); }
    };

    Impl() {
        static auto functions = make_functions<redisReplyObjectFunctions>();
        reader.reset(redisReaderCreateWithFunctions(&functions));
        if (reader) reader->privdata = &building;  // the setter is a macro with a cast that no longer compiles
    }

    std::string_view unread() const { return {reader->buf + reader->pos, reader->len - reader->pos}; }

    // A reply begins with one of the five types of RESP2; nothing else reaches hiredis, whose newer versions know more
    // types. True when more bytes are needed to tell who speaks.
    bool wait_for_stranger() {
        auto said = unread();
        if (std::string_view("+-:$*").find(said.front()) != std::string_view::npos) return false;
        if (!answered) {
            if (may_be_stranger(said)) return true;
            building.error = name_stranger(said);
        }
        if (!building.error)
            building.error = Error{ErrorCode::protocol,
                                   "the peer does not speak the Redis protocol",
                                   fmt::format("it said \"{}\"", printable(said.substr(0, 60))),
                                   {},
                                   "NOT_REDIS"};
        return false;
    }

    // hiredis calls back when a string is complete: its announced length must be looked at while it waits.
    // Of all types only a string can be waited for behind a whole line.
    void check_incomplete() {
        if (reply_bytes > max_reply_bytes) {
            building.error = too_large("a reply that is too large is refused",
                                       fmt::format("the limit is {} bytes", max_reply_bytes));
            return;
        }
        auto line = unread().substr(0, max_line_bytes);
        auto end = line.find("\r\n");
        if (end == std::string_view::npos) {
            if (line.size() == max_line_bytes)
                building.error = too_large("a reply whose line does not end is refused",
                                           fmt::format("the limit is {} bytes", max_line_bytes));
            return;
        }
        auto announced = parse_int(line.substr(0, end));
        if (!announced || *announced > static_cast<int64_t>(max_reply_bytes))
            building.error = too_large(fmt::format("a reply that announces a string of {} bytes is refused",
                                                   printable(line.substr(0, std::min<size_t>(end, 30)))),
                                       fmt::format("the limit is {} bytes", max_reply_bytes));
    }

    std::unique_ptr<redisReader, FreeReader> reader;
    Building building;
    bool inside = false;     // a reply has begun and is not complete
    bool answered = false;   // a whole reply has come: it is a Redis
    size_t reply_bytes = 0;  // fed since the last complete reply
};

Decoder::Decoder() : impl_(std::make_unique<Impl>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

void Decoder::feed(std::string_view bytes) {
    auto& me = *impl_;
    if (me.building.error || bytes.empty()) return;
    me.reply_bytes += bytes.size();
    if (!me.reader || redisReaderFeed(me.reader.get(), bytes.data(), bytes.size()) != REDIS_OK)
        me.building.error = Error{ErrorCode::internal, "a reply could not be kept: out of memory", {}, {}, {}};
}

Result<std::optional<Value>> Decoder::next() {
    auto& me = *impl_;
    if (me.building.error) return fail(*me.building.error);
    if (!me.reader || (!me.inside && me.unread().empty())) return std::nullopt;
    if (!me.inside && me.wait_for_stranger()) return std::nullopt;

    void* root = nullptr;
    if (!me.building.error && redisReaderGetReply(me.reader.get(), &root) != REDIS_OK && !me.building.error)
        me.building.error =
            Error{ErrorCode::protocol, "the reply breaks the Redis protocol", printable(me.reader->errstr), {}, {}};
    std::unique_ptr<Value> reply(static_cast<Value*>(root));
    if (!me.building.error && !reply) me.check_incomplete();
    if (me.building.error) return fail(*me.building.error);
    me.inside = !reply;
    if (!reply) return std::nullopt;
    me.building.elements = 0;
    me.answered = true;
    me.reply_bytes = me.unread().size();
    return std::move(*reply);
}

}  // namespace redisctl::redis
