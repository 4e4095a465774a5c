// What a RedisFailover wants of the settings, and what is set. Its customConfig never stands in a file: the operator
// gives it by CONFIG SET and SENTINEL SET at every turn (redis-operator v1.2.4 operator/redisfailover/checker.go
// setRedisConfig), and the redis.conf that it writes names no appendonly (service/generator.go).
#include "base/text.h"
#include "failover/condition_findings.h"
#include "failover/pre_checks_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <optional>
#include <string_view>

namespace redisctl::failover {

namespace {

using Wished = std::map<std::string, std::string>;

// "maxmemory 512mb"; the last of a repeated name counts.
Wished read(const std::vector<std::string>& lines) {
    Wished out;
    for (const std::string& line : lines) {
        const std::string_view text = trim(line);
        const size_t blank = text.find(' ');
        if (blank != std::string_view::npos) out[lower(text.substr(0, blank))] = trim(text.substr(blank));
    }
    return out;
}

// 512mb and 536870912 are one.
bool same(const std::string& wanted, const std::string& is) {
    if (lower(wanted) == lower(is)) return true;
    const Result<uint64_t> a = parse_bytes(wanted), b = parse_bytes(is);
    return a && b && *a == *b;
}

class Wishes {
  public:
    Wishes(topology::Findings& out, const Facts& facts, const kube::FailoverWishes& wishes)
        : out_(out),
          facts_(facts),
          wishes_(wishes),
          redis_(read(wishes.redis_config)),
          sentinel_(read(wishes.sentinel_config)) {}

    void run() {
        about_bootstrap();
        about_aof();
        std::vector<std::string> differ;
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            if (!facts_.nodes[i].view) continue;
            for (const auto& [key, wanted] : redis_) {
                const std::string* is = setting(facts_.nodes[i], key);
                // save and client-output-buffer-limit are written in more ways than one.
                if (is == nullptr || wanted.find_first_of(" \"") != std::string::npos || key == "save") continue;
                if (!same(wanted, *is)) differ.push_back(difference(facts_.instance.nodes[i].name, key, wanted, *is));
            }
        }
        for (const topology::SentinelPicture& sentinel : facts_.picture.sentinels) {
            if (!sentinel.view || !sentinel.master) continue;
            compare(differ, sentinel.name, "down-after-milliseconds", sentinel.master->down_after_ms);
            compare(differ, sentinel.name, "failover-timeout", sentinel.master->failover_timeout_ms);
            compare(differ, sentinel.name, "parallel-syncs", sentinel.master->parallel_syncs);
        }
        if (!differ.empty())
            out_.add(Severity::warning, "OPERATOR_CONFIG_DIFFERS", "",
                     fmt::format("the RedisFailover wants other settings than there are, so the operator does not get "
                                 "to set them, or somebody sets them again: {}",
                                 fmt::join(differ, ", ")),
                     out_.kubectl("get redisfailovers -o yaml"));
    }

  private:
    static std::string difference(const std::string& node, const std::string& key, const std::string& wanted,
                                  const std::string& is) {
        return fmt::format("{} {} on {} instead of {}", key, printable(is), node, printable(wanted));
    }

    void compare(std::vector<std::string>& differ, const std::string& name, const std::string& key,
                 const std::optional<int64_t>& is) const {
        const auto wanted = sentinel_.find(key);
        if (wanted != sentinel_.end() && is && parse_int(wanted->second) != is)
            differ.push_back(difference(name, key, wanted->second, std::to_string(*is)));
    }

    void about_bootstrap() {
        if (wishes_.bootstrap_port.empty() || wishes_.bootstrap_port == std::to_string(wishes_.redis_port)) return;
        out_.add(Severity::critical, "OPERATOR_BOOTSTRAP_PORT", "",
                 fmt::format("bootstrapNode has port {}, the pods have port {}: the operator calls its own pods by the "
                             "port of the bootstrap node, so it cannot point them there",
                             printable(wishes_.bootstrap_port), wishes_.redis_port),
                 out_.kubectl("get redisfailovers -o yaml"));
    }

    void about_aof() {
        std::vector<std::string> with;
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            const std::string* aof = facts_.nodes[i].view ? setting(facts_.nodes[i], "appendonly") : nullptr;
            if (aof != nullptr && *aof == "yes") with.push_back(facts_.instance.nodes[i].name);
        }
        if (with.empty()) return;
        const auto wanted = redis_.find("appendonly");
        const std::string_view by = wanted == redis_.end()    ? "by hand"
                                    : wanted->second == "yes" ? "by customConfig"
                                                              : "by hand, and the operator switches it off again";
        out_.add(Severity::warning, "AOF_NOT_LOADED", "",
                 fmt::format("{} write an AOF that a restart does not load: it was switched on after the start ({}), "
                             "and the operator's redis.conf does not name it, so what comes back is the last dump.rdb",
                             topology::some_of(with), by),
                 out_.command("info persistence"));
    }

    topology::Findings& out_;
    const Facts& facts_;
    const kube::FailoverWishes& wishes_;
    Wished redis_, sentinel_;
};

}  // namespace

void find_about_wishes(topology::Findings& out, const Facts& facts, const kube::FailoverWishes& wishes) {
    Wishes(out, facts, wishes).run();
}

}  // namespace redisctl::failover
