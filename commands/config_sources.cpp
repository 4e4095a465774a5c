#include "commands/config_sources.h"

#include "base/text.h"
#include "commands/operators.h"
#include "fleet/process.h"
#include "kube/config_map.h"
#include "kube/failover_wishes.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace redisctl {

namespace {

using Kind = ConfigSource::Kind;

constexpr Millis read_in{10'000};

// A Sentinel's file sets nothing of Redis.
bool is_of_sentinel(std::string_view key) {
    return lower(key).find("sentinel") != std::string::npos;
}

// Without a command it is the image's; that of Redis runs its server with the arguments.
std::vector<std::string> words_of(const kube::Container& container) {
    std::vector<std::string> words = container.command;
    if (words.empty() && !container.args.empty() && container.args.front().starts_with("--"))
        words.emplace_back("redis-server");
    words.insert(words.end(), container.args.begin(), container.args.end());
    return words;
}

class Reader {
  public:
    Reader(Context& context, const fleet::Instance& instance)
        : client_(*context.client()), instance_(instance), deadline_(Deadline::after(read_in)) {}

    Result<ConfigSources> read() {
        begin();
        TRY(read_maps());
        TRY(read_failover());
        for (const fleet::Node& node : instance_.nodes) {
            const auto pod = std::ranges::find(instance_.pods, node.pod, [](const kube::Pod* one) { return one->meta.name; });
            if (pod != instance_.pods.end()) add(sources_.by_node[node.name], **pod);
        }
        return std::move(sources_);
    }

  private:
    void begin() {
        for (const kube::Pod* pod : instance_.pods)
            for (const kube::Volume& volume : pod->volumes)
                if (!volume.config_map.empty() && !readings_.contains(volume.config_map))
                    readings_.emplace(volume.config_map,
                                      kube::read_config_map(client_, instance_.ns, volume.config_map, deadline_));
        failover_ = failover_name(instance_);
        if (!failover_.empty())
            wishes_.emplace(kube::read_failover_wishes(client_, instance_.ns, failover_, deadline_));
    }

    Result<void> read_maps() {
        for (auto& [name, reading] : readings_) {
            Result<kube::ConfigMapTexts> texts = kube::await(client_, std::move(reading), deadline_);
            if (!texts) {
                TRY(miss(texts.error()));
                continue;
            }
            for (const auto& [key, text] : *texts)
                if (key.ends_with(".conf") && !is_of_sentinel(key))
                    files_[name].push_back({Kind::file, fmt::format("ConfigMap {}: {}", name, key),
                                            redis::directives_of_file(text)});
        }
        return {};
    }

    Result<void> read_failover() {
        if (!wishes_) return {};
        const Result<kube::FailoverWishes> wishes = kube::await(client_, std::move(*wishes_), deadline_);
        if (!wishes) return miss(wishes.error());
        std::string lines;
        for (const std::string& line : wishes->redis_config) lines += line + "\n";
        operator_ = ConfigSource{Kind::by_operator,
                                 fmt::format("RedisFailover {}: spec.redis.customConfig", failover_),
                                 redis::directives_of_file(lines)};
        return {};
    }

    Result<void> miss(const Error& error) {
        if (error.code == ErrorCode::interrupted) return fail(error);
        sources_.unread.push_back(error);
        return {};
    }

    void add(std::vector<ConfigSource>& sources, const kube::Pod& pod) const {
        for (const kube::Volume& volume : pod.volumes)
            if (const auto files = files_.find(volume.config_map); files != files_.end())
                sources.insert(sources.end(), files->second.begin(), files->second.end());
        for (const fleet::Process& process : fleet::processes(pod))
            if (process.kind == fleet::NodeKind::redis)
                sources.push_back({Kind::command_line,
                                   fmt::format("container {}: its command line", process.container->name),
                                   redis::directives_of_command(words_of(*process.container))});
        if (operator_) sources.push_back(*operator_);
    }

    kube::Client& client_;
    const fleet::Instance& instance_;
    const Deadline deadline_;
    std::map<std::string, kube::Reading<kube::ConfigMapTexts>> readings_;
    std::optional<kube::Reading<kube::FailoverWishes>> wishes_;
    std::string failover_;
    std::map<std::string, std::vector<ConfigSource>> files_;  // by ConfigMap
    std::optional<ConfigSource> operator_;
    ConfigSources sources_;
};

}  // namespace

Result<ConfigSources> read_config_sources(Context& context, const fleet::Instance& instance) {
    return Reader(context, instance).read();
}

}  // namespace redisctl
