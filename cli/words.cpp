#include "cli/words.h"

#include "base/text.h"

#include <fmt/format.h>

namespace redisctl::cli {

std::vector<std::string> flag_names(const Option& option) {
    std::vector<std::string> names;
    for (std::string_view name : split(option.names, ',')) names.emplace_back(name);
    return names;
}

void KnownFlags::add(const std::vector<Option>& options) {
    for (const Option& option : options)
        for (const std::string& name : flag_names(option))
            takes_value_[name] = !std::holds_alternative<bool*>(option.target);
}

bool KnownFlags::takes_value(std::string_view name) const {
    auto found = takes_value_.find(name);
    return found != takes_value_.end() && found->second;
}

std::vector<std::string> KnownFlags::long_names() const {
    std::vector<std::string> names;
    for (const auto& [name, value] : takes_value_)
        if (name.starts_with("--")) names.push_back(name.substr(2));
    return names;
}

Result<Words> tell_apart(std::span<const char* const> args, const KnownFlags& known, Until until) {
    Words result;
    size_t at = 0;
    auto flag = [&](std::string name, std::optional<std::string> attached) -> Result<void> {
        if (known.takes_value(name) && !attached) {
            if (at + 1 >= args.size()) return fail(ErrorCode::usage, fmt::format("{} needs a value", name));
            attached = args[++at];
        } else if (known.has(name) && !known.takes_value(name) && attached) {
            return fail(ErrorCode::usage, fmt::format("{} takes no value", name), {}, name);
        }
        result.words.push_back({Word::Kind::flag, std::move(name), std::move(attached)});
        return {};
    };
    for (; at < args.size(); ++at) {
        std::string_view arg = args[at];
        if (arg == "--") {
            result.rest.assign(args.begin() + static_cast<std::ptrdiff_t>(at) + 1, args.end());
            break;
        }
        if (arg.starts_with("--")) {
            size_t equals = arg.find('=');
            std::optional<std::string> value;
            if (equals != std::string_view::npos) value = arg.substr(equals + 1);
            TRY(flag(std::string(arg.substr(0, equals)), std::move(value)));
        } else if (arg.size() > 1 && arg[0] == '-') {
            for (size_t i = 1; i < arg.size(); ++i) {
                std::string name{'-', arg[i]};
                if (!known.has(name)) {
                    TRY(flag(i == 1 ? std::string(arg) : name, std::nullopt));
                    break;
                }
                bool value_attached = known.takes_value(name) && i + 1 < arg.size();
                std::optional<std::string> value;
                if (value_attached) value = arg.substr(arg[i + 1] == '=' ? i + 2 : i + 1);
                TRY(flag(std::move(name), std::move(value)));
                if (value_attached) break;
            }
        } else {
            result.words.push_back({Word::Kind::argument, std::string(arg), std::nullopt});
            if (until == Until::first_argument) {
                ++at;
                break;
            }
        }
    }
    result.taken = at;
    return result;
}

}  // namespace redisctl::cli
