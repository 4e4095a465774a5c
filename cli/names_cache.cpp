#include "cli/names_cache.h"

#include "base/fd.h"
#include "base/text.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <functional>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace redisctl::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kValid{10};
constexpr size_t kMaxBytes = 1 << 20;

fs::path home_of_caches(const Environment& environment) {
    // XDG Base Directory Specification: a path that is not absolute is to be ignored.
    if (const fs::path set = environment("XDG_CACHE_HOME").value_or(""); set.is_absolute()) return set;
    const fs::path home = environment("HOME").value_or("");
    return home.is_absolute() ? home / ".cache" : fs::path();
}

bool too_old(const fs::path& file) {
    std::error_code error;
    const fs::file_time_type written = fs::last_write_time(file, error);
    const auto age = fs::file_time_type::clock::now() - written;
    return !error && (age > kValid || age < -kValid);
}

// Ours, for nobody else to read or to write.
bool is_private(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
           (status.st_mode & 077) == 0;
}

}  // namespace

NamesCache::NamesCache(const Environment& environment, std::string question) : question_(std::move(question)) {
    const fs::path home = home_of_caches(environment);
    if (home.empty()) return;
    folder_ = home / "redisctl" / "names";
    file_ = folder_ / fmt::format("{:016x}", std::hash<std::string>{}(question_));
}

std::optional<std::vector<std::string>> NamesCache::read() const {
    if (file_.empty()) return std::nullopt;
    const Fd file(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file || !is_private(file.get()) || too_old(file_)) return std::nullopt;
    std::string text;
    std::array<char, 16 * 1024> buffer;
    for (ssize_t n; (n = ::read(file.get(), buffer.data(), buffer.size())) > 0 && text.size() <= kMaxBytes;)
        text.append(buffer.data(), static_cast<size_t>(n));
    // Two questions may share a file's name; the first line is the question.
    const std::string first = question_ + '\n';
    if (!text.starts_with(first) || text.back() != '\n') return std::nullopt;
    std::vector<std::string> names;
    for (std::string_view line : split(std::string_view(text).substr(first.size()), '\n'))
        if (!line.empty()) names.emplace_back(line);
    return names;
}

void NamesCache::write(const std::vector<std::string>& names) const {
    if (file_.empty()) return;
    std::error_code error;
    fs::create_directories(folder_.parent_path(), error);
    if (::mkdir(folder_.c_str(), 0700) == 0 || !error)
        for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error))
            if (entry.is_regular_file(error) && too_old(entry.path())) fs::remove(entry.path(), error);

    std::string text = question_ + '\n';
    for (const std::string& name : names) text += name + '\n';
    std::string temporary = file_.string() + ".XXXXXX";
    const Fd file(::mkostemp(temporary.data(), O_CLOEXEC));  // 0600
    if (!file) return;
    const bool whole = ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!whole || ::rename(temporary.c_str(), file_.c_str()) != 0) ::unlink(temporary.c_str());
}

}  // namespace redisctl::cli
