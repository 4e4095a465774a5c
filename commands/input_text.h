// A whole text from a file or from stdin, as a flag asks for it: a password, a certificate, a value.
#pragma once

#include "base/result.h"

#include <string>

namespace redisctl {

// Errors: usage, for what cannot be read or is over 64 KiB; interrupted.
Result<std::string> text_of_file(const std::string& path);
Result<std::string> text_of_stdin();

// An editor's or echo's line end is no part of a password.
std::string without_line_end(std::string text);

}  // namespace redisctl
