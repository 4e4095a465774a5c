#include "commands/operators.h"

#include "topology/operator.h"

#include <algorithm>

namespace redisctl {

namespace {

constexpr Millis read_in{5'000};

}  // namespace

std::string failover_name(const fleet::Instance& instance) {
    for (const kube::Pod* pod : instance.pods) {
        const auto found = pod->meta.labels.find("redisfailovers.databases.spotahome.com/name");
        if (found != pod->meta.labels.end()) return found->second;
    }
    return {};
}

FailoverSpecs::FailoverSpecs(Context& context, const std::vector<fleet::Instance>& instances)
    : context_(context), deadline_(Deadline::after(read_in)) {
    if (context.client() == nullptr) return;
    for (const fleet::Instance& instance : instances)
        if (const Name name{instance.ns, failover_name(instance)}; !name.second.empty() && !reads_.contains(name))
            reads_.emplace(name, kube::read_failover_spec(*context.client(), name.first, name.second, deadline_));
}

Result<void> FailoverSpecs::add_to(std::vector<topology::Picture>& pictures,
                                   const std::vector<fleet::Instance>& instances) {
    if (reads_.empty()) return {};
    const auto all_done = [&] {
        return std::all_of(reads_.begin(), reads_.end(), [](const auto& read) { return read.second.done(); });
    };
    if (const Result<void> waited = context_.loop().run(all_done, deadline_);
        !waited && waited.error().code == ErrorCode::interrupted)
        return fail(waited.error());
    std::map<Name, Result<kube::FailoverSpec>> specs;
    for (auto& [name, read] : reads_)
        specs.emplace(name, read.done() ? read.take()
                                        : Result<kube::FailoverSpec>(
                                              fail(ErrorCode::timeout, "the API server did not answer in time")));
    for (size_t i = 0; i < instances.size(); i++)
        if (const auto found = specs.find({instances[i].ns, failover_name(instances[i])}); found != specs.end())
            topology::add_failover_spec(pictures[i], instances[i], found->second);
    return {};
}

Result<void> look_for_operator(Context& context, std::vector<topology::Picture>& pictures) {
    const auto operated = [](const topology::Picture& picture) { return picture.system.starts_with("spotahome"); };
    if (context.client() == nullptr || std::none_of(pictures.begin(), pictures.end(), operated)) return {};
    const Deadline deadline = Deadline::after(read_in);
    auto page = kube::await(*context.client(), kube::read_operator_deployments(*context.client(), deadline), deadline);
    if (!page && page.error().code == ErrorCode::interrupted) return fail(page.error());
    Result<std::vector<kube::Deployment>> deployments;
    if (page)
        deployments = std::move(page->items);
    else
        deployments = fail(page.error());
    for (topology::Picture& picture : pictures) topology::add_operator(picture, deployments);
    return {};
}

}  // namespace redisctl
