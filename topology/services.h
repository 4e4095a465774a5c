// What each Service is for, by its selector and name, and where it really leads, by its endpoints.
#pragma once

#include "fleet/node.h"
#include "topology/addresses.h"
#include "topology/picture.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::topology {

// The port of a Service behind which Redis answers; nullopt when it has none.
std::optional<uint16_t> redis_port(const kube::Service& service, const fleet::Instance& instance);

// Type, first hit:
//  sentinel  all of its ports are Sentinel's
//  other     no port of Redis (metrics), or pinned to one pod that its own name names (a way in from outside for each
//  pod) master    its selector follows a role label that says master; or it is pinned to a pod; or, where no Sentinel
//  moves the master without it, it selects
//            component=master or is called …-master, …-primary, rfrm-…; or it selects several nodes of which readiness
//            lets the master alone through
//  replicas  the same for replicas
//  headless  no cluster IP
//  all       selects every node
//  other     anything else
std::vector<ServicePicture> see_services(const fleet::Instance& instance, const AddressBook& book,
                                         const Picture& picture);

}  // namespace redisctl::topology
