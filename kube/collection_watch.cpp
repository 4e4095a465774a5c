#include "kube/collection_watch.h"

#include "kube/object_event.h"

namespace redisctl::kube {

namespace {

// Of one watch. Servers choose 30 to 60 minutes by themselves; a line that broke in silence is to be found out sooner.
constexpr Millis one_watch{60'000};

}  // namespace

CollectionWatch::CollectionWatch(Client& client, const Resource& resource, std::string ns, const std::string& selector,
                                 Millis again_after)
    : client_(client),
      access_(access_to("list", resource, ns, "")),
      path_(path_of(resource, ns, "")),
      again_after_(again_after) {
    if (!selector.empty()) path_ += "?labelSelector=" + url_escaped(selector);
    client_.loop().add(*this);
    read_version();
}

CollectionWatch::~CollectionWatch() {
    client_.loop().remove(*this);
}

Deadline CollectionWatch::deadline() const {
    if (ended_) return Deadline::never();
    return watch_ ? again_at_.earlier(watch_->deadline()) : again_at_;
}

void CollectionWatch::advance() {
    if (ended_) return;
    if (list_ && list_->done()) return on_version();
    if (watch_) {
        const WatchStream::State state = watch_->move([this](std::string_view line) { return take_in(line); });
        if (state == WatchStream::State::open) return;
        if (state == WatchStream::State::failed) ended_ = watch_->error();
        if (state == WatchStream::State::forgotten) version_.clear();
        watch_.reset();
        return again();
    }
    if (!again_at_.passed()) return;
    again_at_ = Deadline::never();
    version_.empty() ? read_version() : watch();
}

// A page of one object carries the version of the whole collection.
void CollectionWatch::read_version() {
    const std::string one = path_ + (path_.find('?') == std::string::npos ? "?limit=1" : "&limit=1");
    list_ = std::make_unique<Request>(client_, Question{access_, one}, Deadline::never(), this);
}

void CollectionWatch::on_version() {
    const std::unique_ptr<Request> list = std::move(list_);
    if (!list->result()) {
        const Error& error = list->result().error();
        const bool may_help =
            error.code == ErrorCode::unreachable || error.code == ErrorCode::timeout || error.code == ErrorCode::server;
        if (may_help) return again();
        ended_ = error;
        return;
    }
    const Result<Meta> head = parse_meta(list->body());
    if (!head || head->resource_version.empty()) return again();
    version_ = head->resource_version;
    gap_ = true;
    watch();
}

void CollectionWatch::watch() {
    watch_ = std::make_unique<WatchStream>(client_, path_, access_, version_, one_watch, *this);
}

bool CollectionWatch::take_in(std::string_view line) {
    Result<ObjectEvent> event = parse_object_event(line);
    if (!event || event->type == "ERROR") return false;
    if (!event->meta.resource_version.empty()) version_ = event->meta.resource_version;
    if (event->type == "BOOKMARK") return true;
    changes_.push_back({std::move(event->type), std::move(event->meta), SteadyClock::now()});
    return true;
}

}  // namespace redisctl::kube
