#include "kube/endpoints_watch.h"

#include "base/text.h"
#include "kube/reads.h"
#include "kube/request.h"
#include "kube/resource.h"
#include "kube/watch_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace redisctl::kube {

namespace {

// Between two lists, so that a server (or a proxy) that ends every watch at once is not flooded.
constexpr Millis list_again_after{200};

// The slices of one Service as the server last told them. Ends with an error only where asking again would not help.
class EndpointsWatch final : public net::Task {
  public:
    EndpointsWatch(Client& client, std::string ns, std::string service, Deadline deadline)
        : client_(client), ns_(std::move(ns)), service_(std::move(service)), deadline_(deadline) {
        client_.loop().add(*this);
        list();
    }
    ~EndpointsWatch() override { client_.loop().remove(*this); }

    // nullopt before the first list.
    const std::optional<std::vector<EndpointSlice>>& slices() const { return slices_; }
    // True once after each change of the slices.
    bool changed() { return std::exchange(changed_, false); }
    const std::optional<Error>& error() const { return error_; }

  private:
    void advance() override;
    net::Interest interest() const override { return {}; }
    Deadline deadline() const override { return list_again_at_; }

    void list();
    void list_later();
    void on_list();
    void on_watch();
    bool on_event(std::string_view line);
    Access access() const { return access_to("list", resource::endpoint_slices, ns_, ""); }
    std::string path() const { return path_of(resource::endpoint_slices, ns_, "") + slices_of_service(service_); }

    Client& client_;
    std::string ns_, service_;
    Deadline deadline_;
    Deadline list_again_at_ = Deadline::never();
    std::unique_ptr<Request> list_;
    std::unique_ptr<WatchStream> watch_;
    bool changed_ = false;
    std::optional<std::vector<EndpointSlice>> slices_;
    std::optional<Error> error_;
};

void EndpointsWatch::advance() {
    if (error_) return;
    if (list_ && list_->done()) return on_list();
    if (watch_) return on_watch();
    if (list_again_at_.passed()) list();
}

void EndpointsWatch::list() {
    list_again_at_ = Deadline::never();
    list_ = std::make_unique<Request>(client_, Question{access(), path()}, deadline_, this);
}

void EndpointsWatch::list_later() {
    watch_.reset();
    list_.reset();
    list_again_at_ = Deadline::after(list_again_after);
}

void EndpointsWatch::on_list() {
    if (!list_->result()) {
        const Error& error = list_->result().error();
        // A certificate or a name that is wrong (they have a reason) will be wrong the next time too.
        const bool broken = error.code == ErrorCode::unreachable && error.reason.empty();
        const bool may_help =
            broken || error.code == ErrorCode::timeout || list_->status() == 429 || list_->status() >= 500;
        if (may_help) return list_later();
        error_ = error;
        return;
    }
    Result<Page<EndpointSlice>> page = parse_endpoint_slices(list_->body());
    list_.reset();
    if (!page) {
        error_ = page.error();
        return;
    }
    slices_ = std::move(page->items);
    changed_ = true;
    watch_ = std::make_unique<WatchStream>(client_, path(), access(), page->resource_version, deadline_.left(), *this);
}

void EndpointsWatch::on_watch() {
    switch (watch_->move([this](std::string_view line) { return on_event(line); })) {
        case WatchStream::State::open:
            return;
        case WatchStream::State::failed:
            error_ = watch_->error();
            return;
        case WatchStream::State::ended:
        case WatchStream::State::forgotten:
            list_later();
    }
}

// False when the watch is of no more use.
bool EndpointsWatch::on_event(std::string_view line) {
    Result<SliceEvent> event = parse_slice_event(line);
    if (!event || event->type == "ERROR") return false;
    if (event->type == "BOOKMARK") return true;
    changed_ = true;
    std::vector<EndpointSlice>& slices = *slices_;
    const auto same = std::find_if(slices.begin(), slices.end(), [&](const EndpointSlice& slice) {
        return slice.meta.name == event->slice.meta.name;
    });
    if (event->type == "DELETED") {
        if (same != slices.end()) slices.erase(same);
    } else if (same != slices.end()) {
        *same = std::move(event->slice);
    } else {
        slices.push_back(std::move(event->slice));
    }
    return true;
}

}  // namespace

std::string endpoints_text(const std::vector<EndpointSlice>& slices) {
    std::vector<std::string> all;
    for (const EndpointSlice& slice : slices)
        for (const Endpoint& endpoint : slice.endpoints)
            all.push_back(printable(endpoint.pod.empty() ? endpoint.address : endpoint.pod) +
                          (endpoint.ready ? " ready" : " not ready"));
    std::sort(all.begin(), all.end(), natural_less);
    return all.empty() ? "none" : fmt::format("{}", fmt::join(all, ", "));
}

Result<void> await_endpoints(Client& client, const std::string& ns, const std::string& service,
                             const std::function<bool(const std::vector<EndpointSlice>&)>& wanted, Deadline deadline) {
    EndpointsWatch watch(client, ns, service, deadline);
    bool met = false;
    const Result<void> ran = client.loop().run(
        [&] {
            if (watch.changed()) met = wanted(*watch.slices());
            return met || watch.error();
        },
        deadline);
    if (met) return {};
    if (watch.error()) return fail(*watch.error());
    if (ran.error().code != ErrorCode::timeout) return fail(ran.error());
    return fail(ErrorCode::timeout,
                fmt::format("the endpoints of service {} did not become as they should in time", printable(service)),
                watch.slices() ? fmt::format("they are: {}", endpoints_text(*watch.slices()))
                               : "the API server did not say what they are",
                fmt::format("kubectl -n {} get endpointslices -l kubernetes.io/service-name={}", ns, service));
}

}  // namespace redisctl::kube
