#include "backup/new_backup.h"

#include "backup/sha256.h"
#include "base/text.h"

#include <fmt/core.h>

#include <filesystem>

#include <unistd.h>

namespace redisctl::backup {

Result<NewBackup> NewBackup::begin(std::string folder, Manifest manifest, std::optional<Seal> seal) {
    NewBackup backup(std::move(folder), std::move(manifest), std::move(seal));
    std::error_code unknown;
    if (std::filesystem::exists(backup.manifest_path(), unknown))
        return fail(ErrorCode::conflict, fmt::format("{} is there already", printable(backup.manifest_path())),
                    "no backup replaces another", "another folder: --dir FOLDER");
    return backup;
}

std::string NewBackup::manifest_path() const {
    return folder_ + "/" + manifest_name(manifest_);
}

Result<void> NewBackup::add(std::string_view kind, std::string_view name, std::string_view ending,
                            std::string_view text, std::vector<std::string> not_told) {
    Part part;
    part.not_told = std::move(not_told);
    part.kind = kind;
    part.name = name;
    part.file = file_of_part(manifest_, name, ending);
    std::string sealed;
    if (seal_) {
        part.encrypted = true;
        part.file += sealed_ending;
        sealed = seal_->close(text);
        text = sealed;
    }
    TRY_ASSIGN(NewFile file, NewFile::create(folder_, part.file));
    TRY(file.write(text));
    TRY(file.sync());
    Sha256 sha256;
    sha256.add(text);
    part.bytes = text.size();
    part.sha256 = sha256.hex();
    manifest_.parts.push_back(std::move(part));
    take(std::move(file));
    return {};
}

void NewBackup::miss(std::string_view kind, std::string_view name, const Error& why) {
    manifest_.missing.push_back({std::string(kind), std::string(name),
                                 why.cause.empty() ? why.message : fmt::format("{}: {}", why.message, why.cause)});
}

Result<void> NewBackup::keep() {
    TRY_ASSIGN(NewFile last, NewFile::create(folder_, manifest_name(manifest_)));
    TRY(last.write(manifest_text(manifest_)));
    TRY(last.sync());
    files_.push_back(std::move(last));
    if (own_folder_) TRY(own_folder_->keep());
    for (size_t i = 0; i < files_.size(); i++) {
        if (const Result<void> kept = files_[i].keep(); !kept) {
            while (i-- > 0) ::unlink(files_[i].path().c_str());
            if (own_folder_) own_folder_->remove();
            return kept;
        }
    }
    return {};
}

}  // namespace redisctl::backup
