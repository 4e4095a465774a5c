#include "commands/restore_file.h"

#include "backup/check.h"
#include "base/text.h"

#include <fmt/core.h>

#include <chrono>

namespace redisctl {

namespace {

constexpr uint64_t type_and_footer = 1 + 2 + 8;
constexpr uint8_t module_value = 7;

class Survey final : public redis::RdbVisitor {
  public:
    explicit Survey(RestoreFile& file) : file_(file) {}

    Result<void> key(const redis::RdbKey& key) override {
        RestoreFile::Database& database = file_.databases[key.database];
        (is_over(key, now_) ? database.expired : database.live)++;
        if (file_.first_key.empty()) file_.first_key = key.name;
        name_ = fmt::format("{} of db{}", printable(key.name.substr(0, 200)), key.database);
        if (key.type == module_value && file_.of_modules++ == 0) file_.first_of_module = name_;
        length_ = 0;
        return {};
    }
    Result<void> value(std::string_view bytes) override {
        length_ += bytes.size();
        return {};
    }
    Result<void> value_ends() override {
        if (length_ > held_at_most) file_.large[place_] = length_;
        if (length_ + type_and_footer > file_.largest) {
            file_.largest = length_ + type_and_footer;
            file_.largest_key = name_;
        }
        place_++;
        return {};
    }
    Result<void> function(std::string_view) override { return {}; }

  private:
    RestoreFile& file_;
    const int64_t now_ = clock_ms();
    std::string name_;
    uint64_t length_ = 0, place_ = 0;
};

Error not_whole(const std::string& path, std::string cause) {
    return {ErrorCode::refused, fmt::format("{} cannot be restored", printable(path)), std::move(cause),
            fmt::format("redisctl backup verify {}", printable(path)), "NOT_WHOLE"};
}

}  // namespace

uint64_t RestoreFile::live() const {
    uint64_t sum = 0;
    for (const auto& [number, database] : databases) sum += database.live;
    return sum;
}

uint64_t RestoreFile::expired() const {
    uint64_t sum = 0;
    for (const auto& [number, database] : databases) sum += database.expired;
    return sum;
}

Result<RestoreFile> read_restore_file(const backup::Named& named) {
    if (named.manifest && !named.manifest->has_rdb())
        return fail(ErrorCode::not_found, fmt::format("the backup {} holds no RDB", named.manifest->id),
                    fmt::format("it holds {}", named.manifest->contents()), "redisctl backup list");
    RestoreFile file;
    file.path = named.path;
    file.manifest = named.manifest;
    Survey survey(file);
    TRY_ASSIGN(backup::Checked checked, backup::check_rdb(named.path, named.manifest, &survey));
    for (const backup::Check& check : checked.checks)
        if (check.ok == false) return fail(not_whole(named.path, fmt::format("{}: {}", check.name, check.says)));
    if (!checked.facts->not_counted.empty()) return fail(not_whole(named.path, checked.facts->not_counted));
    file.facts = std::move(*checked.facts);
    file.bytes = checked.bytes;
    file.sha256 = std::move(checked.sha256);
    return file;
}

bool is_over(const redis::RdbKey& key, int64_t now_ms) {
    return key.name == "redisctl:lock" || (key.expires_at_ms && *key.expires_at_ms <= now_ms);
}

int64_t clock_ms() {
    using std::chrono::system_clock;
    return std::chrono::duration_cast<Millis>(system_clock::now().time_since_epoch()).count();
}

}  // namespace redisctl
