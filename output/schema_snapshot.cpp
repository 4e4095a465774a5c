#include "output/schema_snapshot.h"

namespace redisctl::output {

using namespace pieces;

namespace {

Json keys() {
    return Json{{"type", "object"}, {"additionalProperties", integer()}, {"description", "by database (db0)"}};
}

}  // namespace

Json snapshot_item() {
    return per_instance(
        {{"snapshot", text("the VolumeSnapshot's name")},
         {"outcome", one_of({"planned", "ready", "incomplete"})},
         {"node", text("whose volume it is of")},
         {"role", one_of({"master", "replica"})},
         {"why", text("why that node")},
         {"claim", text("the PersistentVolumeClaim")},
         {"volume", text("the PersistentVolume")},
         {"mountPath", text()},
         {"directory", text("of the data, as the container sees it")},
         {"driver", text_or_null("null: it was not known, and the class was named")},
         {"class", text("the VolumeSnapshotClass")},
         {"classWhy", text()},
         {"deletionPolicy", text_or_null("what becomes of the copy when the VolumeSnapshot is deleted")},
         {"server", text("redis or valkey")},
         {"serverVersion", text_or_null()},
         {"image", text()},
         {"replid", text_or_null("the history")},
         {"offset", integer_or_null("the place in it, right before the snapshot was asked for")},
         {"keys", keys()},
         {"aof", boolean("the server writes one, and loads it at its start")},
         {"saved", text_or_null("RFC 3339, of its RDB; null in a plan")},
         {"synced", boolean_or_null("no write from before is missing on the disk; null in a plan")},
         {"holds", text_or_null("a sentence: what it holds for certain")},
         {"taken", text_or_null("RFC 3339, when the driver made it")},
         {"restoreSize", text_or_null("a quantity: how large a volume made of it is at least")},
         {"restoreBytes", integer_or_null()},
         {"tookMs", integer_or_null("from its object to ready, or to the end of the waiting")},
         {"remove", text("the command that removes it")}});
}

Json snapshot_list_item() {
    return per_instance({{"snapshot", text("the VolumeSnapshot's name")},
                         {"node", text_or_null("whose volume it is of; of others' the one that has the claim now")},
                         {"role", text_or_null("of the node then; null where others made it, like all of what follows "
                                               "that redisctl notes on it")},
                         {"claim", text_or_null("the PersistentVolumeClaim; null: it was made of content that was there")},
                         {"class", text_or_null()},
                         {"ready", boolean("a volume can be made of it")},
                         {"created", text_or_null("RFC 3339")},
                         {"taken", text_or_null("RFC 3339, when the driver made it")},
                         {"ageSeconds", integer_or_null()},
                         {"restoreSize", text_or_null("a quantity")},
                         {"restoreBytes", integer_or_null()},
                         {"server", text_or_null("redis or valkey")},
                         {"serverVersion", text_or_null()},
                         {"replid", text_or_null()},
                         {"offset", integer_or_null()},
                         {"keys", or_null(keys())},
                         {"aof", boolean_or_null()},
                         {"byRedisctl", boolean()}});
}

}  // namespace redisctl::output
