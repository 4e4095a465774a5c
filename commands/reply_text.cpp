#include "commands/reply_text.h"

#include "base/text.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace redisctl {

namespace {

using Type = redis::Value::Type;

void write(std::string& out, const redis::Value& reply, const std::string& indent) {
    switch (reply.type) {
        case Type::nil:
            out += "(nil)\n";
            return;
        case Type::integer:
            out += fmt::format("{}\n", reply.integer);
            return;
        case Type::error:
            out += fmt::format("(error) {}\n", printable(reply.text));
            return;
        case Type::status:
        case Type::string: {
            bool first = true;
            std::string_view text = reply.text;
            // INFO and its like end with a newline of their own.
            if (text.ends_with('\n')) text.remove_suffix(1);
            for (std::string_view line : split(text, '\n')) {
                if (line.ends_with('\r')) line.remove_suffix(1);
                if (!std::exchange(first, false)) out += indent;
                out += printable(line) + '\n';
            }
            if (first) out += '\n';
            return;
        }
        case Type::array:
            break;
    }
    if (reply.elements.empty()) out += "(empty)\n";
    for (size_t i = 0; i < reply.elements.size(); i++) {
        const std::string number = fmt::format("{}) ", i + 1);
        if (i > 0) out += indent;
        out += number;
        write(out, reply.elements[i], indent + std::string(number.size(), ' '));
    }
}

}  // namespace

std::string reply_text(const redis::Value& reply) {
    std::string out;
    write(out, reply, {});
    return out;
}

nlohmann::ordered_json reply_json(const redis::Value& reply) {
    using Json = nlohmann::ordered_json;
    switch (reply.type) {
        case Type::nil:
            return nullptr;
        case Type::integer:
            return reply.integer;
        case Type::error:
            return {{"error", reply.text}};
        case Type::status:
        case Type::string:
            return reply.text;
        case Type::array:
            break;
    }
    Json list = Json::array();
    for (const redis::Value& element : reply.elements) list.push_back(reply_json(element));
    return list;
}

}  // namespace redisctl
