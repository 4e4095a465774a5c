#include "redis/metrics.h"

#include "base/text.h"
#include "redis/node_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace redisctl::redis {

namespace {

struct Known {
    std::string_view field, metric, help;
};

constexpr std::array<Known, 49> gauges{{
    {"uptime_in_seconds", "uptime_in_seconds", "Seconds since the server's start"},
    {"connected_clients", "connected_clients", "Client connections, without replicas"},
    {"blocked_clients", "blocked_clients", "Clients that wait in a blocking command"},
    {"maxclients", "max_clients", "Most client connections that the server takes"},
    {"used_memory", "memory_used_bytes", "Bytes allocated"},
    {"used_memory_rss", "memory_used_rss_bytes", "Bytes resident, as the kernel counts"},
    {"used_memory_peak", "memory_used_peak_bytes", "Most bytes ever allocated"},
    {"used_memory_lua", "memory_used_lua_bytes", "Bytes of the Lua engine"},
    {"used_memory_overhead", "memory_used_overhead_bytes", "Bytes that are no data"},
    {"used_memory_startup", "memory_used_startup_bytes", "Bytes at the start"},
    {"used_memory_dataset", "memory_used_dataset_bytes", "Bytes of the data"},
    {"maxmemory", "memory_max_bytes", "Limit of the memory; 0 is none"},
    {"mem_fragmentation_ratio", "mem_fragmentation_ratio", "Resident by allocated memory"},
    {"mem_clients_slaves", "mem_clients_slaves", "Bytes of the replicas' buffers"},
    {"mem_clients_normal", "mem_clients_normal", "Bytes of the clients' buffers"},
    {"loading", "loading_dump_file", "The server loads its data"},
    {"rdb_changes_since_last_save", "rdb_changes_since_last_save", "Changes since the last RDB"},
    {"rdb_bgsave_in_progress", "rdb_bgsave_in_progress", "An RDB is being written"},
    {"rdb_last_save_time", "rdb_last_save_timestamp_seconds", "When the last RDB was written"},
    {"rdb_last_bgsave_status", "rdb_last_bgsave_status", "The last RDB was written"},
    {"rdb_last_bgsave_time_sec", "rdb_last_bgsave_duration_sec", "Seconds that the last RDB took"},
    {"rdb_current_bgsave_time_sec", "rdb_current_bgsave_duration_sec", "Seconds of the RDB under way"},
    {"rdb_last_cow_size", "rdb_last_cow_size_bytes", "Bytes that the last RDB took besides"},
    {"aof_enabled", "aof_enabled", "The AOF is on"},
    {"aof_rewrite_in_progress", "aof_rewrite_in_progress", "The AOF is being rewritten"},
    {"aof_rewrite_scheduled", "aof_rewrite_scheduled", "The AOF is to be rewritten"},
    {"aof_last_rewrite_time_sec", "aof_last_rewrite_duration_sec", "Seconds that the last rewrite took"},
    {"aof_current_rewrite_time_sec", "aof_current_rewrite_duration_sec", "Seconds of the rewrite under way"},
    {"aof_last_cow_size", "aof_last_cow_size_bytes", "Bytes that the last rewrite took besides"},
    {"aof_current_size", "aof_current_size_bytes", "Bytes of the AOF"},
    {"aof_base_size", "aof_base_size_bytes", "Bytes of the AOF behind its last rewrite"},
    {"aof_delayed_fsync", "aof_delayed_fsync", "fsyncs that were late"},
    {"aof_last_bgrewrite_status", "aof_last_bgrewrite_status", "The last rewrite succeeded"},
    {"aof_last_write_status", "aof_last_write_status", "The last write to the AOF succeeded"},
    {"pubsub_channels", "pubsub_channels", "Channels with subscribers"},
    {"pubsub_patterns", "pubsub_patterns", "Patterns with subscribers"},
    {"latest_fork_usec", "latest_fork_usec", "Microseconds of the last fork"},
    {"connected_slaves", "connected_slaves", "Replicas attached"},
    {"repl_backlog_size", "replication_backlog_bytes", "Bytes that the backlog may hold"},
    {"repl_backlog_active", "repl_backlog_is_active", "There is a backlog"},
    {"repl_backlog_first_byte_offset", "repl_backlog_first_byte_offset", "Where the backlog begins"},
    {"repl_backlog_histlen", "repl_backlog_history_bytes", "Bytes that the backlog holds"},
    {"master_repl_offset", "master_repl_offset", "Bytes of the replication stream so far"},
    {"second_repl_offset", "second_repl_offset", "Up to where the history before is known"},
    {"slave_expires_tracked_keys", "slave_expires_tracked_keys", "Expiring keys that a writable replica tracks"},
    {"slave_priority", "slave_priority", "Priority in a failover by Sentinels; 0 is never"},
    {"sync_full", "replica_resyncs_full", "Full copies that were given to replicas"},
    {"sync_partial_ok", "replica_partial_resync_accepted", "Partial resyncs that were granted"},
    {"sync_partial_err", "replica_partial_resync_denied", "Partial resyncs that were refused"},
}};

constexpr std::array<Known, 13> counters{{
    {"total_connections_received", "connections_received_total", "Connections taken"},
    {"total_commands_processed", "commands_processed_total", "Commands processed"},
    {"rejected_connections", "rejected_connections_total", "Connections refused for want of room"},
    {"total_net_input_bytes", "net_input_bytes_total", "Bytes received"},
    {"total_net_output_bytes", "net_output_bytes_total", "Bytes sent"},
    {"expired_keys", "expired_keys_total", "Keys that expired"},
    {"evicted_keys", "evicted_keys_total", "Keys that were evicted"},
    {"keyspace_hits", "keyspace_hits_total", "Reads that found their key"},
    {"keyspace_misses", "keyspace_misses_total", "Reads that found no key"},
    {"used_cpu_sys", "cpu_sys_seconds_total", "Seconds in the kernel"},
    {"used_cpu_user", "cpu_user_seconds_total", "Seconds outside the kernel"},
    {"used_cpu_sys_children", "cpu_sys_children_seconds_total", "Seconds of children in the kernel"},
    {"used_cpu_user_children", "cpu_user_children_seconds_total", "Seconds of children outside the kernel"},
}};

// A number, or a status: "ok" is 1, and what went wrong 0. Servers say -1 for what there is not.
std::optional<double> number_of(const InfoFields& info, std::string_view field) {
    const std::string text = text_of(info, field);
    if (text == "ok" || text == "up") return 1;
    if (text == "err" || text == "down" || text == "fail") return 0;
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !std::isfinite(number) || number < 0) return std::nullopt;
    return number;
}

// Backslash, quote and newline, and what is no UTF-8.
std::string escaped(std::string_view value) {
    std::string out;
    for (const char c : valid_utf8(value)) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out;
}

MetricLabels with(MetricLabels labels, MetricLabels more) {
    std::ranges::move(more, std::back_inserter(labels));
    return labels;
}

std::string value_text(double value) {
    constexpr double exact = 9007199254740992;  // 2^53
    if (value == std::floor(value) && value < exact) return fmt::format("{}", static_cast<int64_t>(value));
    return fmt::format("{}", value);
}

// "keys=10,expires=2,avg_ttl=1500"
std::optional<double> part_of(std::string_view text, std::string_view name) {
    for (const std::string_view part : split(text, ',')) {
        const size_t equals = part.find('=');
        if (equals == std::string_view::npos || part.substr(0, equals) != name) continue;
        if (const auto number = parse_int(part.substr(equals + 1))) return static_cast<double>(*number);
    }
    return std::nullopt;
}

}  // namespace

std::vector<std::string_view> metric_sections() {
    return {"server", "clients", "memory", "persistence", "stats", "cpu", "keyspace"};
}

void Metrics::add(const std::string& name, std::string_view help, Type type, MetricLabels labels, double value) {
    Family& family = families_.try_emplace("redis_" + name, Family{help, type, {}}).first->second;
    family.samples.emplace_back(std::move(labels), value);
}

void Metrics::add_silent(const MetricLabels& labels) {
    add("up", "The node answered", Type::gauge, labels, 0);
}

void Metrics::add_node(const InfoFields& info, const MetricLabels& labels) {
    add("up", "The node answered", Type::gauge, labels, 1);
    const ServerFacts server = server_facts(info);
    add("instance_info", "What runs there", Type::gauge,
        with(labels, {{"redis_version", server.version},
                      {"redis_mode", server.mode},
                      {"os", text_of(info, "os")},
                      {"maxmemory_policy", text_of(info, "maxmemory_policy")},
                      {"tcp_port", text_of(info, "tcp_port")},
                      {"run_id", server.run_id},
                      {"process_id", text_of(info, "process_id")},
                      {"master_replid", text_of(info, "master_replid")}}),
        1);
    for (const Known& known : gauges)
        if (const auto value = number_of(info, known.field))
            add(std::string(known.metric), known.help, Type::gauge, labels, *value);
    for (const Known& known : counters)
        if (const auto value = number_of(info, known.field))
            add(std::string(known.metric), known.help, Type::counter, labels, *value);
    add_replication(info, labels);
    add_databases(info, labels);
}

void Metrics::add_replication(const InfoFields& info, const MetricLabels& labels) {
    const std::string host = text_of(info, "master_host"), port = text_of(info, "master_port");
    const MetricLabels of_master = with(labels, {{"master_host", host}, {"master_port", port}});
    if (!host.empty()) {
        add("slave_info", "Whom the replica follows", Type::gauge,
            with(of_master, {{"read_only", text_of(info, "slave_read_only")}}), 1);
        for (const auto& [field, name, help] :
             {Known{"master_link_status", "master_link_up", "The link to the master is up"},
              Known{"master_last_io_seconds_ago", "master_last_io_seconds_ago",
                    "Seconds since the master sent anything"},
              Known{"master_sync_in_progress", "master_sync_in_progress", "The replica takes a full copy"},
              Known{"slave_repl_offset", "slave_repl_offset", "Bytes of the replication stream that it has applied"}})
            if (const auto value = number_of(info, field)) add(std::string(name), help, Type::gauge, of_master, *value);
    }
    for (const auto& [field, text] : info) {
        const std::string_view number = std::string_view(field).substr(std::min<size_t>(field.size(), 5));
        if (!field.starts_with("slave") || !parse_int(number)) continue;
        std::map<std::string, std::string, std::less<>> parts;
        for (const std::string_view part : split(text, ','))
            if (const size_t equals = part.find('='); equals != std::string_view::npos)
                parts.emplace(part.substr(0, equals), part.substr(equals + 1));
        const MetricLabels of_replica = with(labels, {{"slave_ip", text_of(parts, "ip")},
                                                      {"slave_port", text_of(parts, "port")},
                                                      {"slave_state", text_of(parts, "state")}});
        if (const auto offset = count_of(parts, "offset"))
            add("connected_slave_offset_bytes", "Bytes that the replica has acknowledged", Type::gauge, of_replica,
                static_cast<double>(*offset));
        if (const auto lag = count_of(parts, "lag"))
            add("connected_slave_lag_seconds", "Seconds since the replica's last acknowledgement", Type::gauge,
                of_replica, static_cast<double>(*lag));
    }
}

void Metrics::add_databases(const InfoFields& info, const MetricLabels& labels) {
    for (const auto& [field, text] : info) {
        if (!field.starts_with("db") || !parse_int(std::string_view(field).substr(2))) continue;
        const MetricLabels of_database = with(labels, {{"db", field}});
        if (const auto keys = part_of(text, "keys"))
            add("db_keys", "Keys of the database", Type::gauge, of_database, *keys);
        if (const auto expires = part_of(text, "expires"))
            add("db_keys_expiring", "Keys that expire", Type::gauge, of_database, *expires);
        if (const auto ttl = part_of(text, "avg_ttl"))
            add("db_avg_ttl_seconds", "Seconds that they have left, on average", Type::gauge, of_database, *ttl / 1000);
    }
}

std::vector<Metrics::Sample> Metrics::samples() const {
    std::vector<Sample> all;
    for (const auto& [name, family] : families_)
        for (const auto& [labels, value] : family.samples) all.push_back({name, labels, value});
    return all;
}

std::string Metrics::text() const {
    std::string out;
    for (const auto& [name, family] : families_) {
        out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name,
                           family.type == Type::counter ? "counter" : "gauge");
        for (const auto& [labels, value] : family.samples) {
            out += name + '{';
            for (size_t i = 0; i < labels.size(); i++)
                out += fmt::format("{}{}=\"{}\"", i > 0 ? "," : "", labels[i].first, escaped(labels[i].second));
            out += fmt::format("}} {}\n", value_text(value));
        }
    }
    return out;
}

}  // namespace redisctl::redis
