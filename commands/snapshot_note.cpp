#include "commands/snapshot_note.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace redisctl {

namespace {

constexpr std::array<std::pair<const char*, std::string SnapshotNote::*>, 16> kTexts{
    {{"redisctl.io/operation", &SnapshotNote::operation},
     {instance_label, &SnapshotNote::instance},
     {"redisctl.io/node", &SnapshotNote::node},
     {"redisctl.io/role", &SnapshotNote::role},
     {"redisctl.io/server", &SnapshotNote::server},
     {"redisctl.io/server-version", &SnapshotNote::version},
     {"redisctl.io/replid", &SnapshotNote::replid},
     {"redisctl.io/saved", &SnapshotNote::saved},
     {"redisctl.io/image", &SnapshotNote::image},
     {"redisctl.io/mount-path", &SnapshotNote::mount_path},
     {"redisctl.io/sub-path", &SnapshotNote::sub_path},
     {"redisctl.io/dir", &SnapshotNote::directory},
     {"redisctl.io/dbfilename", &SnapshotNote::rdb_name},
     {"redisctl.io/appendfilename", &SnapshotNote::aof_name},
     {"redisctl.io/appenddirname", &SnapshotNote::aof_folder},
     {"redisctl.io/databases", &SnapshotNote::databases}}};
constexpr const char *offset_name = "redisctl.io/offset", *keys_name = "redisctl.io/keys",
                     *aof_name = "redisctl.io/appendonly";

// Apimachinery's validation.IsValidLabelValue.
bool is_label_value(const std::string& text) {
    constexpr size_t longest = 63;
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !text.empty() && text.size() <= longest && plain(text.front()) && plain(text.back()) &&
           std::ranges::all_of(text, [&](char c) { return plain(c) || c == '-' || c == '_' || c == '.'; });
}

std::optional<std::map<std::string, int64_t>> read_keys(const std::string& text) {
    std::map<std::string, int64_t> keys;
    if (text.empty()) return keys;
    for (const std::string_view part : split(text, ',')) {
        const size_t equals = part.find('=');
        const auto count = equals == std::string_view::npos ? std::nullopt : parse_int(part.substr(equals + 1));
        if (!count) return std::nullopt;
        keys[std::string(part.substr(0, equals))] = *count;
    }
    return keys;
}

}  // namespace

kube::Labels labels_of(const SnapshotNote& note) {
    kube::Labels labels{{managed_by_label, "redisctl"}};
    if (is_label_value(note.instance)) labels.emplace(instance_label, note.instance);
    return labels;
}

kube::Labels annotations_of(const SnapshotNote& note) {
    kube::Labels annotations;
    for (const auto& [name, member] : kTexts)
        if (!(note.*member).empty()) annotations.emplace(name, note.*member);
    if (note.offset) annotations.emplace(offset_name, std::to_string(*note.offset));
    if (note.keys) annotations.emplace(keys_name, keys_text(*note.keys));
    if (note.aof) annotations.emplace(aof_name, *note.aof ? "yes" : "no");
    return annotations;
}

SnapshotNote note_of(const kube::VolumeSnapshot& snapshot) {
    const kube::Labels& annotations = snapshot.meta.annotations;
    const auto text = [&](const char* name) -> std::optional<std::string> {
        const auto found = annotations.find(name);
        return found == annotations.end() ? std::nullopt : std::optional(found->second);
    };
    SnapshotNote note;
    for (const auto& [name, member] : kTexts) note.*member = text(name).value_or("");
    if (note.instance.empty())
        if (const auto label = snapshot.meta.labels.find(instance_label); label != snapshot.meta.labels.end())
            note.instance = label->second;
    if (const auto offset = text(offset_name)) note.offset = parse_int(*offset);
    if (const auto keys = text(keys_name)) note.keys = read_keys(*keys);
    if (const auto aof = text(aof_name)) note.aof = *aof == "yes";
    return note;
}

std::string keys_text(const std::map<std::string, int64_t>& keys) {
    std::string text;
    for (const auto& [name, count] : keys) text += fmt::format("{}{}={}", text.empty() ? "" : ",", name, count);
    return text;
}

std::optional<int64_t> count_keys(const SnapshotNote& note) {
    if (!note.keys) return std::nullopt;
    int64_t sum = 0;
    for (const auto& [name, count] : *note.keys) sum += count;
    return sum;
}

}  // namespace redisctl
