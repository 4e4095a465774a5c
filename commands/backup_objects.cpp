#include "commands/backup_objects.h"

#include "commands/hide_passwords.h"
#include "commands/operators.h"
#include "kube/config_map.h"
#include "kube/reapply.h"
#include "kube/request.h"
#include "kube/resource.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace redisctl {

namespace {

using kube::Resource;
using nlohmann::json;

constexpr std::string_view part_kind = "k8s";
constexpr Millis read_in{15'000};

class Adding {
  public:
    Adding(Context& context, const Look& seen, redis::Passwords passwords, backup::NewBackup& into)
        : client_(*context.client()),
          seen_(seen),
          instance_(seen.found.inventory.instances.front()),
          passwords_(passwords),
          into_(into) {}

    Result<void> run() {
        const auto budgets = kube::list_disruption_budgets(client_, instance_.ns);
        if (seen_.found.services_error) TRY(miss(kube::resource::services, "", *seen_.found.services_error));
        for (const kube::Service& service : instance_.services) want(kube::resource::services, service.meta.name);
        for (const kube::Pod* pod : instance_.pods) want_of(*pod);
        if (const std::string name = failover_name(instance_); !name.empty())
            want(kube::resource::redis_failovers, name);
        TRY(read_wanted());
        if (auto listed = kube::await(client_, *budgets, deadline_)) {
            for (const kube::DisruptionBudget& budget : *listed)
                if (std::ranges::any_of(instance_.pods,
                                        [&](const kube::Pod* pod) { return budget.selector.selects(pod->meta.labels); }))
                    want(kube::resource::disruption_budgets, budget.meta.name);
        } else {
            TRY(miss(kube::resource::disruption_budgets, "", listed.error()));
        }
        // What the pods have taken, and what they would take if they started now.
        for (const std::string& name : references_.config_maps) want(kube::resource::config_maps, name);
        for (const std::string& name : references_.secrets) want(kube::resource::secrets, name);
        TRY(read_wanted());
        if (lists_.empty())
            return fail(first_.value_or(Error{ErrorCode::not_found,
                                              fmt::format("{} has no objects to save", instance_.full_name()),
                                              "its pods have no workload, and no Service leads to them",
                                              {},
                                              {}}));
        return write();
    }

  private:
    struct Wanted {
        const Resource* resource;
        std::string name;
        std::unique_ptr<kube::Request> request;
    };

    void want(const Resource& resource, const std::string& name) {
        if (!known_.emplace(resource.plural, name).second) return;
        kube::Question question{kube::access_to("get", resource, instance_.ns, name),
                                kube::path_of(resource, instance_.ns, name)};
        wanted_.push_back({&resource, name, std::make_unique<kube::Request>(client_, std::move(question), deadline_)});
    }

    void want_of(const kube::Pod& pod) {
        for (const kube::OwnerReference& owner : pod.meta.owners) {
            if (owner.kind == "StatefulSet") want(kube::resource::stateful_sets, owner.name);
            // Its own name is the Deployment's, and a hash.
            if (owner.kind == "ReplicaSet")
                want(kube::resource::deployments, owner.name.substr(0, owner.name.rfind('-')));
        }
        for (const kube::Volume& volume : pod.volumes) {
            if (!volume.pvc.empty()) want(kube::resource::volume_claims, volume.pvc);
            if (!volume.config_map.empty()) references_.config_maps.insert(volume.config_map);
            if (!volume.secret_name.empty()) references_.secrets.insert(volume.secret_name);
        }
        for (const std::vector<kube::Container>* containers : {&pod.init_containers, &pod.containers})
            for (const kube::Container& container : *containers) {
                for (const kube::EnvVar& variable : container.env)
                    if (!variable.secret_name.empty()) references_.secrets.insert(variable.secret_name);
                references_.secrets.insert(container.env_from_secrets.begin(), container.env_from_secrets.end());
            }
    }

    Result<void> read_wanted() {
        const auto done = [](const Wanted& one) { return one.request->done(); };
        const Result<void> waited = client_.loop().run([&] { return std::ranges::all_of(wanted_, done); }, deadline_);
        if (!waited && waited.error().code == ErrorCode::interrupted) return waited;
        for (const Wanted& one : wanted_) TRY(take(one));
        wanted_.clear();
        return {};
    }

    Result<void> take(const Wanted& one) {
        if (!one.request->done())
            return miss(*one.resource, one.name, {ErrorCode::timeout, "the API server did not answer in time", {}, {}, {}});
        const Result<void>& answered = one.request->result();
        if (!answered && answered.error().code == ErrorCode::not_found) return {};
        Result<json> object = answered ? kube::reappliable(one.request->body()) : fail(answered.error());
        if (!object) return miss(*one.resource, one.name, object.error());
        kube::add_references(*object, references_);
        if (passwords_ == redis::Passwords::left_out) hide_passwords(*object);
        lists_[std::string(one.resource->plural)].push_back(std::move(*object));
        return {};
    }

    Result<void> miss(const Resource& resource, const std::string& name, const Error& error) {
        if (error.code == ErrorCode::interrupted) return fail(error);
        if (!first_) first_ = error;
        into_.miss(part_kind, name.empty() ? std::string(resource.plural) : fmt::format("{}/{}", resource.plural, name),
                   error);
        return {};
    }

    Result<void> write() {
        for (auto& [plural, items] : lists_) {
            const json list{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}};
            TRY(into_.add(part_kind, plural, backup::objects_ending,
                          list.dump(2, ' ', true, json::error_handler_t::replace) + "\n"));
        }
        return {};
    }

    kube::Client& client_;
    const Look& seen_;
    const fleet::Instance& instance_;
    redis::Passwords passwords_;
    backup::NewBackup& into_;
    const Deadline deadline_ = Deadline::after(read_in);
    std::set<std::pair<std::string_view, std::string>> known_;
    std::vector<Wanted> wanted_;
    kube::References references_;
    std::map<std::string, std::vector<json>> lists_;  // by plural
    std::optional<Error> first_;
};

}  // namespace

Result<void> add_objects(Context& context, const Look& seen, redis::Passwords passwords, backup::NewBackup& into) {
    return Adding(context, seen, passwords, into).run();
}

}  // namespace redisctl
