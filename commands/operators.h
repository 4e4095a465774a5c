// The Spotahome operator's own objects, read while the nodes of its systems are being asked.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "kube/spotahome.h"
#include "topology/picture.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace redisctl {

// Of the RedisFailover that the pods of the instance name; empty when they name none.
std::string failover_name(const fleet::Instance& instance);

class FailoverSpecs {
  public:
    // Begins to read those that these instances name; nothing without Kubernetes.
    FailoverSpecs(Context& context, const std::vector<fleet::Instance>& instances);

    // Adds what they say to the picture of each instance. Errors: interrupted; what else goes wrong is a finding.
    Result<void> add_to(std::vector<topology::Picture>& pictures, const std::vector<fleet::Instance>& instances);

  private:
    using Name = std::pair<std::string, std::string>;  // namespace, name; empty: none

    Context& context_;
    Deadline deadline_;
    std::map<Name, kube::Reading<kube::FailoverSpec>> reads_;
};

// Does the operator itself run? Asks nothing where it made none of these. Errors: interrupted.
Result<void> look_for_operator(Context& context, std::vector<topology::Picture>& pictures);

}  // namespace redisctl
