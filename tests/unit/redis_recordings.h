// What real servers said to INFO server, INFO replication and INFO persistence (in a Sentinel: INFO server and INFO sentinel), on loopback.
// Left out: lines about the machine and the build, and counters that no view reads.
#pragma once

#include <string_view>

namespace recordings {

// Redis 6.0.16, a master with one replica.
constexpr std::string_view redis_6_0_master = R"(# Server
redis_version:6.0.16
redis_mode:standalone
run_id:9077f9cbabe283da33fa650ae5cffa3178a5bb81
tcp_port:17200
uptime_in_seconds:5
# Replication
role:master
connected_slaves:1
slave0:ip=127.0.0.1,port=17201,state=online,offset=291,lag=0
master_replid:e7ee0066f60209b97d036c525678e823a4d3177f
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:291
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:1
repl_backlog_histlen:291
# Persistence
loading:0
rdb_bgsave_in_progress:0
rdb_last_bgsave_status:ok
aof_enabled:0
aof_last_write_status:ok
)";
constexpr std::string_view redis_6_0_master_role = "*3\r\n$6\r\nmaster\r\n:291\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$5\r\n17201\r\n$3\r\n291\r\n";

// Redis 6.0.16, its replica.
constexpr std::string_view redis_6_0_replica = R"(# Server
redis_version:6.0.16
redis_mode:standalone
run_id:c2f0c43202328a4bb83d808cf56c8f33fd8900a9
tcp_port:17201
uptime_in_seconds:5
# Replication
role:slave
master_host:127.0.0.1
master_port:17200
master_link_status:up
master_last_io_seconds_ago:1
master_sync_in_progress:0
slave_repl_offset:291
slave_priority:100
slave_read_only:1
connected_slaves:0
master_replid:e7ee0066f60209b97d036c525678e823a4d3177f
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:291
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:1
repl_backlog_histlen:291
# Persistence
loading:0
rdb_bgsave_in_progress:0
rdb_last_bgsave_status:ok
aof_enabled:0
aof_last_write_status:ok
)";
constexpr std::string_view redis_6_0_replica_role = "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:17200\r\n$9\r\nconnected\r\n:291\r\n";

// Redis 7.0.15, a master with one replica.
constexpr std::string_view redis_7_0_master = R"(# Server
redis_version:7.0.15
redis_mode:standalone
run_id:e0762a00bb5f058adf448a10a187e0203ee5bfea
tcp_port:17210
uptime_in_seconds:6
# Replication
role:master
connected_slaves:1
slave0:ip=127.0.0.1,port=17211,state=online,offset=291,lag=0
master_failover_state:no-failover
master_replid:c9ff7c128dbd65b7f7f95e92f25400cf7a243bff
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:448
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:1
repl_backlog_histlen:448
# Persistence
loading:0
async_loading:0
rdb_bgsave_in_progress:0
rdb_last_bgsave_status:ok
aof_enabled:0
aof_last_write_status:ok
)";
constexpr std::string_view redis_7_0_master_role = "*3\r\n$6\r\nmaster\r\n:448\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$5\r\n17211\r\n$3\r\n291\r\n";

// Redis 8.0.2, a replica.
constexpr std::string_view redis_8_0_replica = R"(# Server
redis_version:8.0.2
redis_mode:standalone
run_id:548dea77a32e1f0634b39a36fb7421a7487dd593
tcp_port:17221
uptime_in_seconds:8
listener0:name=tcp,bind=127.0.0.1,port=17221
# Replication
role:slave
master_host:127.0.0.1
master_port:17220
master_link_status:up
master_last_io_seconds_ago:2
master_sync_in_progress:0
slave_read_repl_offset:448
slave_repl_offset:448
replica_full_sync_buffer_size:0
replica_full_sync_buffer_peak:0
slave_priority:100
slave_read_only:1
replica_announced:1
connected_slaves:0
master_failover_state:no-failover
master_replid:a7d8ecedecb76fe3b1e52f3bff1a173eeea43d56
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:448
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:292
repl_backlog_histlen:157
# Persistence
loading:0
async_loading:0
rdb_bgsave_in_progress:0
rdb_last_bgsave_status:ok
aof_enabled:0
aof_last_write_status:ok
)";
constexpr std::string_view redis_8_0_replica_role = "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:17220\r\n$9\r\nconnected\r\n:448\r\n";

// Valkey 8.1.1, a master with one replica.
constexpr std::string_view valkey_8_1_master = R"(# Server
redis_version:7.2.4
server_name:valkey
valkey_version:8.1.1
valkey_release_stage:ga
server_mode:standalone
run_id:57efe805e93a136d6bcfa3bd831ffd232cdf0388
tcp_port:17230
uptime_in_seconds:9
listener0:name=tcp,bind=127.0.0.1,port=17230
# Replication
role:master
connected_slaves:1
slave0:ip=127.0.0.1,port=17231,state=online,offset=582,lag=0,type=replica
replicas_waiting_psync:0
master_failover_state:no-failover
master_replid:0730ef624bfc452c3710c465fc0576b24e29df1b
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:582
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:10485760
repl_backlog_first_byte_offset:1
repl_backlog_histlen:582
# Persistence
loading:0
async_loading:0
rdb_bgsave_in_progress:0
rdb_last_bgsave_status:ok
aof_enabled:0
aof_last_write_status:ok
)";
constexpr std::string_view valkey_8_1_master_role = "*3\r\n$6\r\nmaster\r\n:582\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$5\r\n17231\r\n$3\r\n582\r\n";

// Valkey 8.1.1, its replica.
constexpr std::string_view valkey_8_1_replica = R"(# Server
redis_version:7.2.4
server_name:valkey
valkey_version:8.1.1
valkey_release_stage:ga
server_mode:standalone
run_id:060f862013de6bcb5fadc12d4846228ddd350800
tcp_port:17231
uptime_in_seconds:9
listener0:name=tcp,bind=127.0.0.1,port=17231
# Replication
role:slave
master_host:127.0.0.1
master_port:17230
master_link_status:up
master_last_io_seconds_ago:1
master_sync_in_progress:0
slave_read_repl_offset:582
slave_repl_offset:582
replicas_repl_buffer_size:0
replicas_repl_buffer_peak:0
slave_priority:100
slave_read_only:1
replica_announced:1
connected_slaves:0
replicas_waiting_psync:0
master_failover_state:no-failover
master_replid:0730ef624bfc452c3710c465fc0576b24e29df1b
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:582
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:10485760
repl_backlog_first_byte_offset:292
repl_backlog_histlen:291
# Persistence
loading:0
async_loading:0
rdb_bgsave_in_progress:0
rdb_last_bgsave_status:ok
aof_enabled:0
aof_last_write_status:ok
)";
constexpr std::string_view valkey_8_1_replica_role = "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:17230\r\n$9\r\nconnected\r\n:582\r\n";

// Redis 7.0.15, a Sentinel.
constexpr std::string_view redis_7_0_sentinel = R"(# Server
redis_version:7.0.15
redis_mode:sentinel
run_id:5fee0a94c990997ac378c31efb56206717503d8d
tcp_port:17212
uptime_in_seconds:7
# Sentinel
sentinel_masters:1
sentinel_tilt:0
sentinel_tilt_since_seconds:-1
sentinel_running_scripts:0
sentinel_scripts_queue_length:0
sentinel_simulate_failure_flags:0
master0:name=mymaster,status=ok,address=127.0.0.1:17210,slaves=0,sentinels=1
)";
constexpr std::string_view redis_7_0_sentinel_role = "*2\r\n$8\r\nsentinel\r\n*1\r\n$8\r\nmymaster\r\n";

// Valkey 8.1.1, a Sentinel.
constexpr std::string_view valkey_8_1_sentinel = R"(# Server
redis_version:7.2.4
server_name:valkey
valkey_version:8.1.1
valkey_release_stage:ga
server_mode:sentinel
run_id:d5ac45dfc3f3b19a1a03c3d2028824e01609661a
tcp_port:17232
uptime_in_seconds:9
listener0:name=tcp,bind=127.0.0.1,port=17232
# Sentinel
sentinel_masters:1
sentinel_tilt:0
sentinel_tilt_since_seconds:-1
sentinel_running_scripts:0
sentinel_scripts_queue_length:0
sentinel_simulate_failure_flags:0
master0:name=mymaster,status=ok,address=127.0.0.1:17230,slaves=1,sentinels=1
)";
constexpr std::string_view valkey_8_1_sentinel_role = "*2\r\n$8\r\nsentinel\r\n*1\r\n$8\r\nmymaster\r\n";

// Redis 8.0.2, --cluster-enabled yes.
constexpr std::string_view redis_8_0_cluster = R"(# Server
redis_version:8.0.2
redis_mode:cluster
run_id:e8b78e5126ba088b383891f740ac1b54990f0844
tcp_port:17223
uptime_in_seconds:8
listener0:name=tcp,bind=127.0.0.1,port=17223
# Replication
role:master
connected_slaves:0
master_failover_state:no-failover
master_replid:b7fcc1457a698514f8b70f0339ee08f28d10821e
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:0
second_repl_offset:-1
repl_backlog_active:0
repl_backlog_size:1048576
repl_backlog_first_byte_offset:0
repl_backlog_histlen:0
# Persistence
loading:0
async_loading:0
rdb_bgsave_in_progress:0
rdb_last_bgsave_status:ok
aof_enabled:0
aof_last_write_status:ok
)";
constexpr std::string_view redis_8_0_cluster_role = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";

}  // namespace recordings
