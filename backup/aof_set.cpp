#include "backup/aof_set.h"

#include "backup/check.h"
#include "backup/new_file.h"
#include "backup/pieces.h"
#include "base/text.h"

#include <fmt/core.h>

#include <filesystem>

namespace redisctl::backup {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view list_ending = ".manifest", rdb_ending = ".rdb";
constexpr uint64_t longest_list = 1u << 20;

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

// The lists of files in a folder: one, where a server has written it.
Result<std::vector<std::string>> lists_in(const std::string& folder) {
    std::vector<std::string> found;
    std::error_code error;
    for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
        if (each->path().filename().string().ends_with(list_ending)) found.push_back(each->path().string());
    if (error) return fail(ErrorCode::io, fmt::format("{} cannot be read", printable(folder)), error.message());
    return found;
}

Error no_set(const std::string& path, std::string cause, std::string hint) {
    return {ErrorCode::not_found, fmt::format("{} is no AOF", printable(path)), std::move(cause), std::move(hint), {}};
}

Result<std::string> text_of_list(const std::string& path) {
    TRY_ASSIGN(Pieces pieces, Pieces::open(path));
    if (pieces.size() > longest_list) return fail(no_set(path, "it is too long for a list of its files", ""));
    std::string text;
    while (true) {
        TRY_ASSIGN(const std::string_view next, pieces.next());
        if (next.empty()) return text;
        text += next;
    }
}

// "file appendonly.aof.1.base.rdb seq 1 type b": later versions write more behind it. A name with blanks is quoted,
// and is then none of the default ones; h is history, which no start reads.
Result<void> read_list(const std::string& text, AofSet& set) {
    for (const std::string_view line : split(text, '\n')) {
        if (trim(line).empty() || line.front() == '#') continue;
        const std::vector<std::string_view> words = split(trim(line), ' ');
        std::map<std::string_view, std::string_view> pairs;
        for (size_t i = 0; i + 1 < words.size(); i += 2) pairs[words[i]] = words[i + 1];
        const std::string_view file = pairs["file"], type = pairs["type"];
        if (file.empty() || file.front() == '"' || file.find('/') != std::string_view::npos || type.size() != 1)
            return fail(no_set(set.path, fmt::format("its list of files has a line that is not known: {}",
                                                     printable(line.substr(0, 200))),
                               ""));
        if (type == "h") continue;
        set.files.emplace_back(file);
        set.list += std::string(line) + '\n';
    }
    return set.files.empty() ? Result<void>(fail(no_set(set.path, "its list names no file", ""))) : Result<void>{};
}

Result<void> measure(AofSet& set) {
    std::vector<std::string> paths;
    for (const std::string& file : set.files) paths.push_back(set.path + "/" + file);
    if (paths.empty()) paths.push_back(set.path);
    for (const std::string& path : paths) {
        TRY_ASSIGN(const Pieces pieces, Pieces::open(path));
        set.bytes += pieces.size();
    }
    return {};
}

Result<AofSet> set_of_folder(std::string folder, std::optional<Manifest> manifest) {
    AofSet set;
    set.path = without_slash(std::move(folder));
    set.manifest = std::move(manifest);
    TRY_ASSIGN(std::vector<std::string> lists, lists_in(set.path));
    std::error_code error;
    if (lists.empty() && fs::is_directory(set.path + "/" + aof_folder, error)) {
        // The folder in which a server keeps all that it has.
        set.path += std::string("/") + aof_folder;
        TRY_ASSIGN(lists, lists_in(set.path));
    }
    if (lists.size() != 1)
        return fail(no_set(set.path,
                           lists.empty() ? "no list of files is in it (appendonly.aof.manifest)"
                                         : fmt::format("{} lists of files are in it", lists.size()),
                           lists.empty() ? "name the folder of the AOF, or the one file of a server before 7.0"
                                         : "copy the files of one into a folder of its own"));
    TRY_ASSIGN(const std::string text, text_of_list(lists.front()));
    TRY(read_list(text, set));
    TRY(measure(set));
    return set;
}

// An AOF of one file begins with an RDB, a command, or a remark.
Result<AofSet> set_of_file(const std::string& path) {
    TRY_ASSIGN(const std::vector<std::string> lists, lists_in(fs::absolute(path).parent_path()));
    if (!lists.empty())
        return fail(Error{ErrorCode::refused, fmt::format("{} is one file of several", printable(path)),
                          fmt::format("{} lists them", printable(fs::path(lists.front()).filename().string())),
                          fmt::format("redisctl restore aof {}", printable(fs::absolute(path).parent_path().string())),
                          "ONE_OF_SEVERAL"});
    TRY_ASSIGN(Pieces pieces, Pieces::open(path));
    TRY_ASSIGN(const std::string_view begin, pieces.next());
    if (!begin.starts_with("REDIS") && !begin.starts_with("VALKEY") && !begin.starts_with('*') &&
        !begin.starts_with('#'))
        return fail(
            no_set(path, begin.empty() ? "it is empty" : "it begins neither with an RDB nor with a command", ""));
    AofSet set;
    set.path = path;
    TRY(measure(set));
    return set;
}

Error not_whole(const AofSet& set, const std::string& cause) {
    return {ErrorCode::refused, fmt::format("{} cannot be restored", printable(set.path)), cause,
            set.manifest ? fmt::format("redisctl backup verify {}", printable(set.path))
                         : "redis-check-aof tells where it is broken, and cuts a copy of it there: --fix",
            "NOT_WHOLE"};
}

Result<void> all_right(const AofSet& set, const std::vector<Check>& checks) {
    for (const Check& check : checks)
        if (check.ok == false) return fail(not_whole(set, fmt::format("{}: {}", check.name, check.says)));
    return {};
}

Result<void> copy_one(const std::string& from, const std::string& folder, const std::string& name) {
    TRY_ASSIGN(Pieces pieces, Pieces::open(from));
    TRY_ASSIGN(NewFile file, NewFile::create(folder, name));
    while (true) {
        TRY_ASSIGN(const std::string_view next, pieces.next());
        if (next.empty()) return file.keep();
        TRY(file.write(next));
    }
}

}  // namespace

std::string AofSet::above() const {
    const std::string parent = fs::path(path).parent_path();
    return parent.empty() ? "." : parent;
}

Result<AofSet> aof_set(const Named& named) {
    if (named.manifest && named.manifest->aof)
        return set_of_folder(named.folder() + "/" + aof_folder_name(*named.manifest), named.manifest);
    if (named.manifest)
        return fail(Error{ErrorCode::refused, fmt::format("the backup {} holds no AOF", printable(named.manifest->id)),
                          fmt::format("it holds {}", named.manifest->contents()),
                          fmt::format("redisctl restore rdb {}", printable(named.manifest->id)), "NO_AOF"});
    std::error_code error;
    if (fs::is_directory(named.path, error)) return set_of_folder(named.path, {});
    if (named.path.ends_with(list_ending)) return set_of_folder(fs::absolute(named.path).parent_path(), {});
    return set_of_file(named.path);
}

Result<void> verify(AofSet& set) {
    if (set.manifest) {
        TRY_ASSIGN(Checked checked, check_rdb(set.above() + "/" + set.manifest->file, set.manifest));
        TRY(all_right(set, checked.checks));
        TRY_ASSIGN(const std::vector<Check> parts, check_parts(set.above(), *set.manifest));
        set.notes = std::move(checked.facts->notes);
        return all_right(set, parts);
    }
    if (set.files.empty() || !set.files.front().ends_with(rdb_ending)) return {};
    TRY_ASSIGN(Checked checked, check_rdb(set.path + "/" + set.files.front(), std::nullopt));
    TRY(all_right(set, checked.checks));
    set.notes = std::move(checked.facts->notes);
    return {};
}

Result<void> copy_for_server(const AofSet& set, const std::string& folder) {
    if (set.files.empty()) return copy_one(set.path, folder, aof_file);
    const std::string into = folder + "/" + aof_folder;
    for (const std::string& file : set.files) TRY(copy_one(set.path + "/" + file, into, file));
    TRY_ASSIGN(NewFile list, NewFile::create(into, aof_list));
    TRY(list.write(set.list));
    return list.keep();
}

}  // namespace redisctl::backup
