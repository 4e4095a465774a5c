#include "commands/watch_sources.h"

#include "kube/resource.h"

#include <fmt/core.h>

#include <utility>

namespace redisctl {

namespace {

constexpr std::string_view pods = "pods", slices = "endpointslices";

topology::Answers answers_of(const topology::Picture& picture) {
    topology::Answers answers;
    for (const topology::NodePicture& node : picture.nodes)
        answers.nodes.push_back(node.view ? Result<redis::NodeView>(*node.view)
                                          : fail(node.error.value_or(Error{ErrorCode::unreachable, "", {}, {}, {}})));
    return answers;
}

}  // namespace

WatchSources::WatchSources(Context& context, Millis interval) : context_(context), interval_(interval) {
    kube::Client* client = context.client();
    if (client == nullptr) return;
    const std::string ns = context.globals().all_namespaces ? "" : client->config().ns;
    for (const auto& [resource, selector] : {std::pair{kube::resource::pods, context.globals().selector},
                                             std::pair{kube::resource::endpoint_slices, std::string()}})
        watches_.push_back(
            {resource.plural, std::make_unique<kube::CollectionWatch>(*client, resource, ns, selector, interval), {}});
}

void WatchSources::follow(const Look& look, TimePoint began) {
    std::erase_if(arrivals_, [&](const auto& one) { return one.second < began; });
    ours_.clear();
    directories_.clear();
    std::map<std::string, Ear> before = std::exchange(ears_, {});
    const std::vector<fleet::Instance>& instances = look.found.inventory.instances;
    for (size_t i = 0; i < instances.size(); i++) {
        for (const kube::Pod* pod : instances[i].pods) ours_.insert({pods, pod->meta.ns, pod->meta.name});
        for (const kube::Service& service : instances[i].services)
            ours_.insert({slices, service.meta.ns, service.meta.name});
        if (!instances[i].sentinels.empty()) remember_names(instances[i], look.pictures[i]);
        for (size_t s = 0; s < instances[i].sentinels.size(); s++) {
            const fleet::Node& sentinel = instances[i].sentinels[s];
            const std::string key =
                fmt::format("{} {} {}", instances[i].full_name(), sentinel.name, net::to_string(sentinel.address));
            if (const auto known = before.find(key); known != before.end()) ears_.insert(before.extract(known));
            Ear& ear = ears_[key];
            ear.instance = instances[i].full_name();
            if (const auto& master = look.pictures[i].sentinels[s].master) ear.master_name = master->name;
            listen_to(ear, sentinel);
        }
    }
}

void WatchSources::remember_names(const fleet::Instance& instance, const topology::Picture& picture) {
    Directory& directory =
        directories_.emplace(instance.full_name(), Directory{{instance, answers_of(picture)}, {}}).first->second;
    for (const topology::NodePicture& node : picture.nodes) {
        directory.names.push_back(node.name);
        if (!node.address.empty()) remembered_[instance.full_name()][node.address] = node.name;
    }
}

void WatchSources::listen_to(Ear& ear, const fleet::Node& sentinel) {
    ear.sentinel = sentinel;
    const bool dial = !ear.line || (ear.line->ended() && ear.dial_again_at.passed());
    if (!dial || sentinel.not_running) return;
    ear.line = context_.fleet().subscribe(sentinel);
    ear.dial_again_at = Deadline::after(interval_);
}

std::string WatchSources::state_of(const Ear& ear) {
    if (!ear.line) return ear.state;
    if (ear.line->ended()) return std::string(ear.line->ended()->name());
    return ear.line->subscribed() ? "yes" : ear.state;
}

std::string WatchSources::state_of(const Watched& watched) {
    if (watched.watch->ended()) return std::string(watched.watch->ended()->name());
    return watched.watch->open() ? "yes" : watched.state;
}

bool WatchSources::has_news() const {
    for (const auto& [key, ear] : ears_)
        if ((ear.line && ear.line->has_news()) || state_of(ear) != ear.state) return true;
    for (const Watched& watched : watches_)
        if (watched.watch->has_news() || state_of(watched) != watched.state) return true;
    return false;
}

WatchSources::Heard WatchSources::take() {
    Heard heard;
    for (auto& [key, ear] : ears_) take_from(ear, heard);
    for (Watched& watched : watches_) take_from(watched, heard);
    return heard;
}

void WatchSources::take_from(Ear& ear, Heard& heard) {
    if (!ear.line) return;
    for (fleet::Told& one : ear.line->take()) {
        const redis::SentinelEvent event = redis::read_sentinel_event(one.channel, one.message);
        // It may watch other systems too.
        if (!event.master.empty() && !ear.master_name.empty() && event.master != ear.master_name) continue;
        WatchNews news{ear.instance, "sentinel", {}, {}, {}, one.at, ear.sentinel.name, event.channel, event.text, {}};
        if (event.kind == "master" || event.kind == "slave") news.subject = name_of(ear, event.about);
        if (event.kind == "sentinel") news.subject = fmt::format("{}:{}", event.about.host, event.about.port);
        if (!event.moved.host.empty()) {
            news.from = std::exchange(news.subject, name_of(ear, event.moved));
            news.to = news.subject;
        }
        news.about_master = event.kind == "master";
        heard.look = heard.look || event.concerns_roles();
        heard.news.push_back(std::move(news));
    }
    const std::string state = state_of(ear);
    if (state == ear.state) return;
    heard.look = heard.look || ear.state == "yes";
    heard.news.push_back(
        {ear.instance, "events", ear.sentinel.name, std::exchange(ear.state, state), state, SteadyClock::now()});
}

void WatchSources::take_from(Watched& watched, Heard& heard) {
    for (const kube::CollectionWatch::Change& change : watched.watch->take()) {
        const auto service = change.meta.labels.find("kubernetes.io/service-name");
        const bool is_slice = watched.plural == slices;
        if (is_slice && service == change.meta.labels.end()) continue;
        const Object object{watched.plural, change.meta.ns, is_slice ? service->second : change.meta.name};
        arrivals_[object] = change.at;
        heard.look = heard.look || ours_.contains(object) || (!is_slice && change.type == "ADDED");
    }
    heard.look = watched.watch->take_gap() || heard.look;
    const std::string state = state_of(watched);
    if (state != watched.state)
        heard.news.push_back({{},
                              "events",
                              std::string(watched.plural),
                              std::exchange(watched.state, state),
                              state,
                              SteadyClock::now()});
}

std::string WatchSources::name_of(const Ear& ear, const redis::SentinelAddress& address) const {
    const std::string text = net::to_string({address.host, static_cast<uint16_t>(address.port)});
    if (const auto directory = directories_.find(ear.instance); directory != directories_.end())
        if (const auto node = directory->second.book.find(address.host, address.port, ear.sentinel))
            return directory->second.names[*node];
    // Its pod is gone, or has another address by now.
    if (const auto known = remembered_.find(ear.instance); known != remembered_.end())
        if (const auto name = known->second.find(text); name != known->second.end()) return name->second;
    return text;
}

std::optional<TimePoint> WatchSources::arrival(const std::string& ns, const topology::Change& change) const {
    const std::string_view plural = change.kind == "label" ? pods : change.kind == "endpoints" ? slices : "";
    const auto found = arrivals_.find({plural, ns, change.subject});
    return found == arrivals_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace redisctl
