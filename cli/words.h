// Words of a command line, told apart: flags, their values, arguments, and what stands behind "--".
#pragma once

#include "base/result.h"
#include "commands/command.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::cli {

// "-n,--namespace" → "-n", "--namespace"
std::vector<std::string> flag_names(const Option& option);

// Which flags there are, and which of them take a value.
class KnownFlags {
  public:
    void add(const std::vector<Option>& options);
    bool has(std::string_view name) const { return takes_value_.find(name) != takes_value_.end(); }
    bool takes_value(std::string_view name) const;
    std::vector<std::string> long_names() const;  // without their dashes

  private:
    std::map<std::string, bool, std::less<>> takes_value_;
};

struct Word {
    enum class Kind { flag, argument } kind;
    std::string name;                  // "--namespace", "-n", or the argument
    std::optional<std::string> value;  // of a flag that takes one
};

struct Words {
    std::vector<Word> words;
    std::vector<std::string> rest;  // behind "--", byte by byte
    size_t taken = 0;               // how many of the args these words are, without the rest
};

enum class Until { end, first_argument };

// Takes "--x=v", "--x v", "-xv", "-x=v", "-x v" and "-abc" apart. A flag that is not known takes no value. Errors
// (usage): a value is missing, or there is one too many.
Result<Words> tell_apart(std::span<const char* const> args, const KnownFlags& known, Until until);

}  // namespace redisctl::cli
