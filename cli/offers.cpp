#include "cli/offers.h"

#include "cli/completion.h"
#include "cli/words.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace redisctl::cli {

namespace {

// What was typed before the word in question.
struct Typed {
    const Completable* command = nullptr;
    std::string first;  // the first argument, whether it is a command or not
    size_t arguments = 0;
    std::optional<std::string> waiting;  // the flag whose value comes next
    bool over = false;                   // behind "--"
};

const Option* option_named(const std::vector<Option>& options, std::string_view name) {
    for (const Option& option : options)
        for (const std::string& each : flag_names(option))
            if (each == name) return &option;
    return nullptr;
}

const Completable* command_named(const std::vector<Completable>& all, const std::string& name) {
    auto found = std::find_if(all.begin(), all.end(), [&](const Completable& each) {
        return std::find(each.names.begin(), each.names.end(), name) != each.names.end();
    });
    return found == all.end() ? nullptr : &*found;
}

void fill(const Option& option, const std::string& value) {
    if (auto* flag = std::get_if<bool*>(&option.target))
        **flag = true;
    else if (auto* text = std::get_if<std::string*>(&option.target))
        **text = value;
    else
        std::get<std::vector<std::string>*>(option.target)->push_back(value);
}

class Reader {
  public:
    Reader(const Commands& commands, TypedFlags& flags) : commands_(commands), all_(completables(commands)) {
        for (const FlagGroup& group : shared_flags(flags, Uses::target, Group::judge))
            shared_.insert(shared_.end(), group.options.begin(), group.options.end());
    }

    Typed read(std::span<const char* const> words) {
        for (const std::string_view word : words) {
            if (typed_.waiting)
                take_value(*std::exchange(typed_.waiting, std::nullopt), std::string(word));
            else if (word == "--")
                typed_.over = true;
            else if (word.starts_with('-') && word.size() > 1)
                take_flag(word);
            else
                take_argument(std::string(word));
        }
        return typed_;
    }

    const std::vector<Option>& shared() const { return shared_; }
    const Option* option(std::string_view name) const {
        const Option* own = typed_.command ? option_named(typed_.command->options, name) : nullptr;
        return own ? own : option_named(shared_, name);
    }

  private:
    void take_flag(std::string_view word) {
        const size_t equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
        std::string name(word.substr(0, equals));
        std::string attached(equals == std::string_view::npos ? "" : word.substr(equals + 1));
        bool has_value = equals != std::string_view::npos;
        if (!word.starts_with("--") && word.size() > 2) {  // -nshop, -n=shop
            name = word.substr(0, 2);
            attached = word.substr(word[2] == '=' ? 3 : 2);
            has_value = true;
        }
        const Option* found = option(name);
        if (!found) return;
        if (std::holds_alternative<bool*>(found->target))
            take_value(name, "");
        else if (has_value)
            take_value(name, attached);
        else
            typed_.waiting = name;
    }

    // Only the shared flags have a place for it: a command's own belong to nobody here.
    void take_value(const std::string& name, const std::string& value) {
        if (const Option* found = option_named(shared_, name)) fill(*found, value);
    }

    void take_argument(const std::string& word) {
        if (typed_.first.empty()) {
            typed_.first = word;
            const Command* command = find_command(commands_, word);
            typed_.command = command ? command_named(all_, one_word(command->name)) : nullptr;
            return;
        }
        if (typed_.arguments == 0)
            if (const Completable* member = command_named(all_, typed_.first + '-' + word);
                member && member->first_word == typed_.first && typed_.command != member) {
                typed_.command = member;
                return;
            }
        ++typed_.arguments;
    }

    const Commands& commands_;
    const std::vector<Completable> all_;
    std::vector<Option> shared_;
    Typed typed_;
};

void offer(Offers& result, std::string text, std::string help = {}) {
    if (text.starts_with(result.begun)) result.known.push_back({std::move(text), std::move(help)});
}

void offer_values(Offers& result, const std::vector<std::string>& words, const std::string& completes) {
    for (const std::string& word : words) offer(result, word);
    if (!words.empty()) return;
    result.files = completes == "file";
    if (!result.files) result.live = completes;
}

void offer_arguments(Offers& result, const Typed& typed, const Commands& commands) {
    if (!typed.command) {
        if (auto family = find_family(commands, typed.first))
            for (const Command* member : family->members)
                offer(result, std::string(Family::member_name(*member)), std::string(member->summary));
        return;
    }
    const std::vector<Positional>& places = typed.command->positionals;
    if (places.empty() || (typed.arguments >= places.size() && !places.back().repeatable)) return;
    const Positional& place = places[std::min(typed.arguments, places.size() - 1)];
    const std::vector<std::string> words = known_words(place, commands);
    offer_values(result, words, place.completes);
}

}  // namespace

Offers offers(std::span<const char* const> words, const Commands& commands) {
    Offers result;
    if (words.empty()) return result;
    Reader reader(commands, result.flags);
    const Typed typed = reader.read(words.first(words.size() - 1));
    result.begun = words.back();
    if (typed.over) return result;

    const Option* valued = typed.waiting ? reader.option(*typed.waiting) : nullptr;
    if (const size_t equals = result.begun.find('=');
        !valued && result.begun.starts_with("--") && equals != std::string::npos) {
        valued = reader.option(result.begun.substr(0, equals));
        if (!valued) return result;
        result.begun.erase(0, equals + 1);
    }
    if (valued) {
        offer_values(result, valued->choices, valued->completes);
    } else if (result.begun.starts_with('-')) {
        for (const Option& option : typed.command ? typed.command->options : reader.shared())
            for (std::string& name : flag_names(option))
                if (name.starts_with("--")) offer(result, std::move(name), option.help);
    } else if (typed.first.empty()) {
        for (FirstWord& word : first_words(commands)) offer(result, std::move(word.name), std::move(word.summary));
    } else {
        offer_arguments(result, typed, commands);
    }
    return result;
}

}  // namespace redisctl::cli
