#include "commands/snapshot_class.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl {

namespace {

using kube::SnapshotClass;

std::string names_of(const std::vector<const SnapshotClass*>& classes) {
    std::string names;
    for (const SnapshotClass* one : classes)
        names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", one->meta.name, one->driver);
    return names;
}

Result<ChosenClass> named(const std::vector<const SnapshotClass*>& all, const std::string& driver,
                          const std::string& wanted) {
    const auto found =
        std::ranges::find_if(all, [&](const SnapshotClass* one) { return one->meta.name == wanted; });
    if (found == all.end())
        return fail(ErrorCode::not_found, fmt::format("there is no VolumeSnapshotClass {}", wanted),
                    all.empty() ? "there is none at all" : "there are: " + names_of(all),
                    "kubectl get volumesnapshotclass");
    if (!driver.empty() && (*found)->driver != driver)
        return fail({ErrorCode::refused, fmt::format("VolumeSnapshotClass {} is of another driver", wanted),
                     fmt::format("it is of {}, the volume of {}", (*found)->driver, driver),
                     "kubectl get volumesnapshotclass", "OTHER_DRIVER"});
    return ChosenClass{wanted, (*found)->deletion_policy, "as named"};
}

}  // namespace

Result<ChosenClass> choose_class(const std::vector<SnapshotClass>& classes, const std::string& driver,
                                 const std::string& wanted) {
    std::vector<const SnapshotClass*> all, fit, defaults;
    for (const SnapshotClass& one : classes) {
        all.push_back(&one);
        if (one.driver != driver) continue;
        fit.push_back(&one);
        if (one.is_default) defaults.push_back(&one);
    }
    if (!wanted.empty()) return named(all, driver, wanted);
    if (fit.empty())
        return fail({ErrorCode::refused, fmt::format("no VolumeSnapshotClass is of the driver {}", driver),
                     all.empty() ? "there is no VolumeSnapshotClass at all" : "there are: " + names_of(all),
                     "whoever installs the driver makes one; redisctl backup rdb needs none", "NO_CLASS"});
    if (defaults.size() == 1)
        return ChosenClass{defaults.front()->meta.name, defaults.front()->deletion_policy,
                           fmt::format("the default of {}", driver)};
    if (fit.size() == 1)
        return ChosenClass{fit.front()->meta.name, fit.front()->deletion_policy,
                           fmt::format("the only one of {}", driver)};
    return fail(
        {ErrorCode::refused, fmt::format("{} VolumeSnapshotClasses are of the driver {}", fit.size(), driver),
         fmt::format("{}: {}", defaults.empty() ? "none is the default" : "several are the default", names_of(fit)),
         fmt::format("--class {}", fit.front()->meta.name), "WHICH_CLASS"});
}

}  // namespace redisctl
