// Where everything that redisctl says goes: data to stdout in the chosen format, messages to stderr.
#pragma once

#include "base/result.h"
#include "output/document.h"
#include "output/format.h"
#include "output/terminal.h"

#include <string_view>

namespace redisctl::output {

enum class Verbosity { quiet, normal, verbose };

struct Settings {
    Format format = Format::table;
    Headers headers = Headers::shown;
    Verbosity verbosity = Verbosity::normal;
    int out_fd = 1, err_fd = 2;
    Terminal out, err;
};

class Output {
  public:
    explicit Output(Settings settings) : settings_(settings) {}

    // The one document of a command that looks. With json and yaml nothing else is said; else findings follow the
    // tables (on stderr with --no-headers or -o name, where stdout is for programs) and errors go to stderr, each hint
    // once. Errors: io when stdout cannot be written. A reader that went away is none: the answer stays what it is, and
    // closed() says so.
    Result<void> print(const Document& document);

    // The same as one line of NDJSON, whatever the format, for what follows or changes.
    Result<void> print_line(const nlohmann::ordered_json& document);

    // Text as it is: help, scripts, schemas.
    Result<void> write(std::string_view text);

    void error(const Error& error);
    void note(std::string_view text);    // not with -q
    void detail(std::string_view text);  // only with -v
    // A line on a terminal that the next one replaces, cut to its width; empty: it goes away, as it does before all
    // that is said otherwise. Not with -q, and nothing where stderr is no terminal.
    void progress(std::string_view text);

    const Settings& settings() const { return settings_; }
    bool printed() const { return printed_; }  // something was meant for stdout
    bool closed() const { return closed_; }    // nobody reads any more: a follower may stop

  private:
    void say(std::string_view text);

    Settings settings_;
    bool printed_ = false, closed_ = false, progress_ = false;
};

}  // namespace redisctl::output
