#include "topology/finding_codes.h"

namespace redisctl::topology {

std::vector<FindingCode> backup_finding_codes() {
    constexpr std::string_view backups = "Backups: `backup rdb`, `backup list` and `snapshot create`";
    return {
        {"BACKUP_NOT_COUNTED", backups, Severity::info, "",
         "the RDB holds something of a kind that is not known here, so its keys were not all counted; its checksum "
         "covers all of it",
         "a newer redisctl, or a module's own tool"},
        {"BACKUP_NO_CHECKSUM", backups, Severity::warning, "",
         "the server writes no checksum into its RDB (`rdbchecksum no`), so what went wrong on the way would not be "
         "seen",
         "`rdbchecksum yes` in `redis.conf`, and a restart"},
        {"BACKUP_UNFINISHED", backups, Severity::info, "",
         "a temporary file of a backup that is under way, or was killed", "delete it when no backup runs"},
        {"SNAPSHOT_AS_AFTER_A_CRASH", backups, Severity::warning, "",
         "an AOF whose last writes nobody knows to be on the disk (`appendfsync no`, or no fsync in time): a server that "
         "loads the copy has what it would have after a crash",
         "`appendfsync everysec`; or a backup, which needs no disk",
         {"redisctl config set appendfsync everysec", "redisctl backup rdb"}},
    };
}

}  // namespace redisctl::topology
