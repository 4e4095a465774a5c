// Names that were asked for a moment ago: pressing TAB again is no reason to ask again. A file a question in
// $XDG_CACHE_HOME/redisctl/names (~/.cache), of mode 0600 in a folder of mode 0700, valid for ten seconds. What cannot
// be read or written counts as not there. Names only: neither question nor answer has a secret in it.
#pragma once

#include "base/environment.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::cli {

class NamesCache {
  public:
    // question: everything that the answer depends on.
    NamesCache(const Environment& environment, std::string question);

    std::optional<std::vector<std::string>> read() const;
    // Removes what is too old, too.
    void write(const std::vector<std::string>& names) const;

  private:
    std::string question_;
    std::filesystem::path folder_, file_;  // empty: there is no home
};

}  // namespace redisctl::cli
