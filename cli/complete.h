// `redisctl __complete WORD…`: what completion scripts ask, on every TAB. Prints what may stand in the last word's
// place, a line an offer, with a tab and its help where there is one. `__complete_for_kubectl` is the same in kubectl's
// words.
#pragma once

#include "base/environment.h"
#include "cli/registry.h"

#include <optional>
#include <span>
#include <string_view>

namespace redisctl::cli {

enum class CompletionFor { shell, kubectl };

// Does this first word ask for it?
std::optional<CompletionFor> asks_to_complete(std::string_view word);

// Never asks anyone anything: stdin and stderr lead nowhere from here on. Is silent on every failure, and ends the
// process after a second whatever it waits for.
void complete(std::span<const char* const> words, CompletionFor whom, const Environment& environment,
              const Commands& commands);

}  // namespace redisctl::cli
