#include "failover/plan.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace redisctl::failover {

namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

// As a shell would need it, so that a line can be pasted behind redis-cli.
std::string quoted(const std::string& word) {
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789-_.:/=,@%+") == std::string::npos;
    if (plain) return word;
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string command_line(const std::string& node, const Words& words) {
    std::vector<std::string> parts;
    for (const std::string& word : words) parts.push_back(quoted(word));
    return fmt::format("{}> {}", node, fmt::join(parts, " "));
}

std::string probe_line(const std::string& node, const std::string& key) {
    return command_line(node, probe_words(key));
}

std::string list_of(const std::map<std::string, std::string>& known) {
    std::vector<std::string> addresses;
    for (const auto& [address, id] : known) addresses.push_back(address);
    return fmt::format("{}", fmt::join(addresses, ", "));
}

std::string settings_of(const std::map<std::string, std::string>& settings) {
    std::vector<std::string> list;
    for (const auto& [name, value] : settings) list.push_back(name + " " + value);
    return fmt::format("{}", fmt::join(list, ", "));
}

std::vector<std::string> lines_of_monitor(const Monitor& monitor) {
    std::vector<std::string> lines;
    for (const Words& words : monitor_words(monitor)) lines.push_back(command_line(monitor.node, words));
    if (!monitor.auth_of.empty())
        lines.push_back(fmt::format("{}> SENTINEL SET {} auth-pass …: as redisctl logs in at {}, where that needs it",
                                    monitor.node, quoted(monitor.master), monitor.auth_of));
    return lines;
}

std::string json_of(const std::map<std::string, std::string>& values) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (const auto& [key, value] : values)
        object[key] = value.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
    return object.dump();
}

}  // namespace

std::vector<Words> monitor_words(const Monitor& monitor) {
    std::vector<Words> commands;
    for (const std::string& name : monitor.forget) commands.push_back({"SENTINEL", "REMOVE", name});
    const auto quorum = monitor.settings.find("quorum");
    commands.push_back({"SENTINEL", "MONITOR", monitor.master, monitor.host, std::to_string(monitor.port),
                        quorum == monitor.settings.end() ? "1" : quorum->second});
    for (const auto& [name, value] : monitor.settings)
        if (name != "quorum") commands.push_back({"SENTINEL", "SET", monitor.master, name, value});
    return commands;
}

const SentinelFailover* held_by(const Plan& plan) {
    for (const Step& step : plan.steps)
        if (const auto* failover = std::get_if<SentinelFailover>(&step.action); failover && !failover->refuse.empty())
            return failover;
    return nullptr;
}

Words probe_words(const std::string& key) {
    return {"SET", key, "1", "EX", "600"};
}

Words hello_words(const TellSentinels& tell, const TellSentinels::Word& word) {
    return {"PUBLISH", "__sentinel__:hello",
            fmt::format("{},{},{},{},{},{},{},{}", word.by_host, word.by_port, word.by_id, tell.epoch, tell.master,
                        word.host, word.port, tell.epoch)};
}

bool changes(const Action& action) {
    return !std::holds_alternative<Wait>(action) && !std::holds_alternative<CatchUp>(action) &&
           !std::holds_alternative<AwaitEndpoints>(action) && !std::holds_alternative<SaveUnshared>(action);
}

std::vector<std::string> lines_of(const Action& action) {
    using Lines = std::vector<std::string>;
    return std::visit(
        Overloaded{
            [](const Wait&) { return Lines{}; },
            [](const Send& send) {
                Lines lines;
                for (const Send::To& to : send.to)
                    for (const Words& words : to.commands) lines.push_back(command_line(to.node, words));
                return lines;
            },
            [](const HandOver& over) {
                Lines lines{command_line(over.from, {"FAILOVER", "TO", over.host, std::to_string(over.port), "TIMEOUT",
                                                     std::to_string(over.timeout_ms)}),
                            command_line(over.to, {"REPLCONF", "GETACK", "*"})};
                if (!over.probe_key.empty()) lines.push_back(probe_line(over.to, over.probe_key));
                for (std::string& line : lines_of(over.behind)) lines.push_back(std::move(line));
                return lines;
            },
            [](const TakeBack& back) {
                return Lines{
                    fmt::format("where FAILOVER is under way: {} FAILOVER ABORT, and writes wait until {} says that "
                                "it is a replica still",
                                back.from, back.to)};
            },
            [](const Promote& promote) {
                Lines lines{command_line(promote.node, {"REPLICAOF", "NO", "ONE"})};
                if (!promote.probe_key.empty()) lines.push_back(probe_line(promote.node, promote.probe_key));
                return lines;
            },
            [](const CatchUp& catch_up) {
                return Lines{fmt::format("wait at most {} ms until {} has applied all that {} wrote",
                                         catch_up.timeout_ms, catch_up.replica, catch_up.master)};
            },
            [](const PatchSelector& patch) {
                return Lines{fmt::format(
                    R"(kubectl patch service {} --type=json -p '[{{"op":"test","path":"/spec/selector","value":{}}},{{"op":"replace","path":"/spec/selector","value":{}}}]')",
                    patch.service, json_of(patch.from), json_of(patch.to))};
            },
            [](const AwaitEndpoints& wait) {
                return Lines{fmt::format("wait until Service {} leads to {} alone, then {} ms", wait.service, wait.pod,
                                         wait.settle_ms)};
            },
            [](const PatchLabel& patch) {
                return Lines{patch.to.empty() ? fmt::format("kubectl label pod {} {}-", patch.pod, patch.key)
                                              : fmt::format("kubectl label pod {} --overwrite {}={}", patch.pod,
                                                            patch.key, patch.to)};
            },
            [](const Annotate& annotate) {
                return Lines{
                    fmt::format(R"(kubectl patch service {} --type=merge -p '{{"metadata":{{"annotations":{}}}}}')",
                                annotate.service, json_of(annotate.values))};
            },
            [](const WriteProbe& probe) { return Lines{probe_line(probe.node, probe.key)}; },
            [](const SentinelFailover& failover) {
                Words words{"SENTINEL", "FAILOVER", failover.master};
                if (failover.coordinated) words.push_back("COORDINATED");
                Lines lines{command_line(failover.sentinel, words)};
                if (failover.coordinated) lines.push_back(command_line(failover.to, {"REPLCONF", "GETACK", "*"}));
                for (const Words& refuse : failover.refuse)
                    lines.push_back(
                        fmt::format("after {} ms: {}", failover.held_ms, command_line(failover.from, refuse)));
                return lines;
            },
            [](const SentinelsAgree& agree) {
                return Lines{
                    fmt::format("wait until most Sentinels name {}; after {} ms SENTINEL FAILOVER {} on one "
                                "that does not",
                                agree.node, agree.patience_ms, agree.master)};
            },
            [](const TellSentinels& tell) {
                Lines lines;
                for (const TellSentinels::Word& word : tell.words)
                    lines.push_back(command_line(word.sentinel, hello_words(tell, word)));
                return lines;
            },
            [](const ServiceProbe& probe) { return Lines{probe_line("Service " + probe.service, probe.key)}; },
            [](const DeletePod& pod) {
                return Lines{fmt::format("kubectl delete pod {} --grace-period=1 (uid {})", pod.pod, pod.uid)};
            },
            [](const SaveUnshared& save) {
                return Lines{fmt::format("{}> PSYNC: save what {} lacks to {}", save.node, save.versus, save.file)};
            },
            [](const Monitor& monitor) { return lines_of_monitor(monitor); },
        },
        action);
}

std::string sentence_of(const Condition& condition) {
    return std::visit(
        Overloaded{
            [](const RoleIs& c) {
                return fmt::format("{} is {}", c.node, c.role == "master" ? "master" : "a replica");
            },
            [](const SameProcess& c) {
                return fmt::format("{} is still the process {}", c.node, c.run_id.substr(0, 8));
            },
            [](const Follows& c) {
                return fmt::format("{} follows {}{}", c.node, c.master, c.linked ? ", link up" : "");
            },
            [](const FollowsAddress& c) { return fmt::format("{} follows {}:{}", c.node, c.host, c.port); },
            [](const SettingIs& c) { return fmt::format("{} has {} {}", c.node, c.name, c.value); },
            [](const WritesRefused& c) { return fmt::format("{} refuses writes", c.node); },
            [](const HandsOver& c) {
                return fmt::format("{} {}", c.node, c.under_way ? "hands over" : "does not hand over");
            },
            [](const OffsetGapAtMost& c) {
                return fmt::format("{} is at most {} bytes behind {}", c.replica, c.bytes, c.master);
            },
            [](const SelectorIs& c) { return fmt::format("Service {} selects {}", c.service, json_of(c.selector)); },
            [](const EndpointsAre& c) { return fmt::format("Service {} leads to {} alone", c.service, c.pod); },
            [](const LabelIs& c) {
                return c.value.empty() ? fmt::format("pod {} has no label {}", c.pod, c.key)
                                       : fmt::format("pod {} has the label {}={}", c.pod, c.key, c.value);
            },
            [](const AnnotationIs& c) {
                return c.value.empty() ? fmt::format("Service {} has no annotation {}", c.service, c.key)
                                       : fmt::format("Service {} has the annotation {}={}", c.service, c.key, c.value);
            },
            [](const SentinelsName& c) {
                return fmt::format("{} of the Sentinels {} call {} the master", c.needed, fmt::join(c.sentinels, ", "),
                                   c.node);
            },
            [](const SentinelSees& c) {
                return fmt::format("Sentinel {} knows that {} has replica-priority {}", c.sentinel, c.node, c.priority);
            },
            [](const SentinelsSeeReplica& c) {
                return fmt::format("the Sentinels {} know {} as a replica", fmt::join(c.sentinels, ", "), c.node);
            },
            [](const PodGone& c) { return fmt::format("pod {} is gone (uid {})", c.pod, c.uid); },
            [](const SentinelAtIt& c) { return fmt::format("{} is at a failover of {}", c.node, c.master); },
            [](const SentinelCalm& c) { return fmt::format("{}: no TILT, no failover of {}", c.node, c.master); },
            [](const SentinelKnows& c) {
                std::string text = fmt::format("{} hears ", c.node);
                if (!c.replicas.empty()) text += fmt::format("the replicas {}", list_of(c.replicas));
                if (!c.sentinels.empty())
                    text += fmt::format("{}the Sentinels {}", c.replicas.empty() ? "" : " and ", list_of(c.sentinels));
                return text + (c.replicas.empty() && c.sentinels.empty() ? "the master" : "") +
                       (c.quorum ? ", CKQUORUM is OK" : "");
            },
            [](const SentinelForgot& c) {
                return fmt::format("{} does not remember {}", c.node, fmt::join(c.addresses, ", "));
            },
            [](const SentinelWatches& c) {
                return c.host.empty() ? fmt::format("{} watches no {}", c.node, c.master)
                                      : fmt::format("{} watches {} at {}:{}", c.node, c.master, c.host, c.port);
            },
            [](const SentinelSettings& c) { return fmt::format("{} has {}", c.node, settings_of(c.settings)); },
        },
        condition);
}

}  // namespace redisctl::failover
