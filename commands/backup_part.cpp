#include "commands/backup_part.h"

#include "backup/pieces.h"
#include "backup/seal.h"
#include "backup/sha256.h"
#include "base/text.h"
#include "commands/input_text.h"

#include <fmt/core.h>

namespace redisctl {

namespace {

Result<std::string> content_of(const std::string& folder, const backup::Part& part) {
    TRY_ASSIGN(backup::Pieces pieces, backup::Pieces::open(folder + "/" + part.file));
    std::string text;
    while (true) {
        TRY_ASSIGN(const std::string_view next, pieces.next());
        if (next.empty()) break;
        // What is longer is another file, however long it is.
        if (text.size() + next.size() > part.bytes) break;
        text += next;
    }
    backup::Sha256 sha256;
    sha256.add(text);
    if (text.size() != part.bytes || pieces.size() != part.bytes || sha256.hex() != part.sha256)
        return fail(Error{ErrorCode::io, fmt::format("{} is damaged", printable(part.file)),
                          "it is not what its manifest says", "redisctl backup verify", "DAMAGED"});
    return text;
}

// What the file says: its sum was right, so a seal that does not open has another passphrase.
Result<std::string> opened(const backup::Part& part, std::string_view sealed, const std::string& passphrase_file) {
    TRY_ASSIGN(std::string passphrase, text_of_file(passphrase_file));
    Result<std::string> text = backup::open_sealed(sealed, Secret(without_line_end(std::move(passphrase))));
    if (text) return text;
    Error error = std::move(text).error();
    if (error.reason == "WRONG_PASSPHRASE") error.cause = "this is not its passphrase";
    if (!error.reason.empty()) error.message = fmt::format("{} does not open", printable(part.file));
    return fail(std::move(error));
}

}  // namespace

Result<std::string> text_of_part(const std::string& folder, const backup::Part& part,
                                 const std::string& passphrase_file) {
    if (part.encrypted && passphrase_file.empty())
        return fail(ErrorCode::usage, fmt::format("{} is encrypted", printable(part.file)), {},
                    "--passphrase-file FILE");
    TRY_ASSIGN(std::string text, content_of(folder, part));
    if (part.encrypted) return opened(part, text, passphrase_file);
    return text;
}

}  // namespace redisctl
