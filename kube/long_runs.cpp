#include "kube/long_runs.h"

#include "base/text.h"

#include <fmt/format.h>

#include <array>

namespace redisctl::kube {

namespace {

constexpr std::string_view kWord = "redisctlLongRun";
constexpr size_t kDigits = 6;
constexpr size_t kWorthIt = 128;

constexpr std::array<bool, 256> make_in_run() {
    std::array<bool, 256> in_run{};
    for (char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_."))
        in_run[static_cast<unsigned char>(c)] = true;
    return in_run;
}
constexpr std::array<bool, 256> kInRun = make_in_run();

}  // namespace

LongRuns::LongRuns(std::string_view text) {
    if (text.find(kWord) != std::string_view::npos) {
        shortened_ = text;
        return;
    }
    size_t copied = 0;
    for (size_t at = 0; at < text.size();) {
        size_t end = at;
        while (end < text.size() && kInRun[static_cast<unsigned char>(text[end])]) ++end;
        // After a backslash the first letters would belong to an escape, after & * ! to a name.
        bool starts_clean = at == 0 || std::string_view(" \t\r\n\"'").find(text[at - 1]) != std::string_view::npos;
        if (end - at >= kWorthIt && starts_clean) {
            shortened_ += text.substr(copied, at - copied);
            shortened_ += fmt::format("{}{:0{}}", kWord, runs_.size(), kDigits);
            runs_.push_back(text.substr(at, end - at));
            copied = end;
        }
        at = end + 1;
    }
    shortened_ += text.substr(copied);
}

std::string LongRuns::restore(const std::string& scalar) const {
    size_t word = runs_.empty() ? std::string::npos : scalar.find(kWord);
    if (word == std::string::npos) return scalar;
    std::string text;
    size_t copied = 0;
    for (; word != std::string::npos; word = scalar.find(kWord, copied)) {
        size_t digits = word + kWord.size();
        auto index = parse_int(std::string_view(scalar).substr(digits, kDigits));
        if (!index || *index < 0 || static_cast<size_t>(*index) >= runs_.size()) break;
        text.append(scalar, copied, word - copied);
        text += runs_[static_cast<size_t>(*index)];
        copied = digits + kDigits;
    }
    text.append(scalar, copied, std::string::npos);
    return text;
}

}  // namespace redisctl::kube
