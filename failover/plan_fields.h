// The members of a plan's values by name, once for writing and for reading JSON. Inside failover/ only.
#pragma once

#include "failover/plan.h"

namespace redisctl::failover {

template <class T>
struct Named;  // value: the JSON word of an alternative

#define REDISCTL_NAMED(type, word)                 \
    template <>                                    \
    struct Named<type> {                           \
        static constexpr const char* value = word; \
    };
REDISCTL_NAMED(RoleIs, "roleIs")
REDISCTL_NAMED(SameProcess, "sameProcess")
REDISCTL_NAMED(Follows, "follows")
REDISCTL_NAMED(FollowsAddress, "followsAddress")
REDISCTL_NAMED(SettingIs, "settingIs")
REDISCTL_NAMED(WritesRefused, "writesRefused")
REDISCTL_NAMED(HandsOver, "handsOver")
REDISCTL_NAMED(OffsetGapAtMost, "offsetGapAtMost")
REDISCTL_NAMED(SelectorIs, "selectorIs")
REDISCTL_NAMED(EndpointsAre, "endpointsAre")
REDISCTL_NAMED(LabelIs, "labelIs")
REDISCTL_NAMED(AnnotationIs, "annotationIs")
REDISCTL_NAMED(PodGone, "podGone")
REDISCTL_NAMED(SentinelsName, "sentinelsName")
REDISCTL_NAMED(SentinelSees, "sentinelSees")
REDISCTL_NAMED(SentinelsSeeReplica, "sentinelsSeeReplica")
REDISCTL_NAMED(SentinelAtIt, "sentinelAtIt")
REDISCTL_NAMED(SentinelCalm, "sentinelCalm")
REDISCTL_NAMED(SentinelKnows, "sentinelKnows")
REDISCTL_NAMED(SentinelForgot, "sentinelForgot")
REDISCTL_NAMED(SentinelWatches, "sentinelWatches")
REDISCTL_NAMED(SentinelSettings, "sentinelSettings")
REDISCTL_NAMED(Send, "send")
REDISCTL_NAMED(HandOver, "handOver")
REDISCTL_NAMED(TakeBack, "takeBack")
REDISCTL_NAMED(SentinelFailover, "sentinelFailover")
REDISCTL_NAMED(SentinelsAgree, "sentinelsAgree")
REDISCTL_NAMED(TellSentinels, "tellSentinels")
REDISCTL_NAMED(Promote, "promote")
REDISCTL_NAMED(CatchUp, "catchUp")
REDISCTL_NAMED(PatchSelector, "patchSelector")
REDISCTL_NAMED(AwaitEndpoints, "awaitEndpoints")
REDISCTL_NAMED(PatchLabel, "patchLabel")
REDISCTL_NAMED(Annotate, "annotate")
REDISCTL_NAMED(WriteProbe, "writeProbe")
REDISCTL_NAMED(ServiceProbe, "serviceProbe")
REDISCTL_NAMED(Wait, "wait")
REDISCTL_NAMED(DeletePod, "deletePod")
REDISCTL_NAMED(SaveUnshared, "saveUnshared")
REDISCTL_NAMED(Monitor, "monitor")
#undef REDISCTL_NAMED

template <class F>
void fields(F& f, RoleIs& x) {
    f("node", x.node), f("role", x.role);
}
template <class F>
void fields(F& f, SameProcess& x) {
    f("node", x.node), f("runId", x.run_id);
}
template <class F>
void fields(F& f, Follows& x) {
    f("node", x.node), f("master", x.master), f("linked", x.linked);
}
template <class F>
void fields(F& f, FollowsAddress& x) {
    f("node", x.node), f("host", x.host), f("port", x.port);
}
template <class F>
void fields(F& f, SettingIs& x) {
    f("node", x.node), f("name", x.name), f("value", x.value);
}
template <class F>
void fields(F& f, WritesRefused& x) {
    f("node", x.node);
}
template <class F>
void fields(F& f, HandsOver& x) {
    f("node", x.node), f("underWay", x.under_way);
}
template <class F>
void fields(F& f, OffsetGapAtMost& x) {
    f("master", x.master), f("replica", x.replica), f("bytes", x.bytes);
}
template <class F>
void fields(F& f, SelectorIs& x) {
    f("service", x.service), f("selector", x.selector);
}
template <class F>
void fields(F& f, EndpointsAre& x) {
    f("service", x.service), f("pod", x.pod);
}
template <class F>
void fields(F& f, LabelIs& x) {
    f("pod", x.pod), f("key", x.key), f("value", x.value);
}
template <class F>
void fields(F& f, AnnotationIs& x) {
    f("service", x.service), f("key", x.key), f("value", x.value);
}
template <class F>
void fields(F& f, PodGone& x) {
    f("pod", x.pod), f("uid", x.uid);
}
template <class F>
void fields(F& f, SentinelsName& x) {
    f("sentinels", x.sentinels), f("master", x.master), f("node", x.node), f("needed", x.needed);
}
template <class F>
void fields(F& f, SentinelSees& x) {
    f("sentinel", x.sentinel), f("master", x.master), f("node", x.node), f("priority", x.priority);
}
template <class F>
void fields(F& f, SentinelsSeeReplica& x) {
    f("sentinels", x.sentinels), f("master", x.master), f("node", x.node);
}
template <class F>
void fields(F& f, SentinelFailover& x) {
    f("sentinel", x.sentinel), f("master", x.master), f("from", x.from), f("to", x.to), f("others", x.others),
        f("probeKey", x.probe_key), f("coordinated", x.coordinated), f("heldMs", x.held_ms), f("refuse", x.refuse);
}
template <class F>
void fields(F& f, SentinelsAgree& x) {
    f("sentinels", x.sentinels), f("master", x.master), f("node", x.node), f("addresses", x.addresses),
        f("patienceMs", x.patience_ms);
}
template <class F>
void fields(F& f, SentinelAtIt& x) {
    f("node", x.node), f("master", x.master);
}
template <class F>
void fields(F& f, SentinelCalm& x) {
    f("node", x.node), f("master", x.master);
}
template <class F>
void fields(F& f, SentinelKnows& x) {
    f("node", x.node), f("master", x.master), f("replicas", x.replicas), f("sentinels", x.sentinels),
        f("quorum", x.quorum);
}
template <class F>
void fields(F& f, SentinelForgot& x) {
    f("node", x.node), f("master", x.master), f("addresses", x.addresses);
}
template <class F>
void fields(F& f, SentinelWatches& x) {
    f("node", x.node), f("master", x.master), f("host", x.host), f("port", x.port);
}
template <class F>
void fields(F& f, SentinelSettings& x) {
    f("node", x.node), f("master", x.master), f("settings", x.settings);
}
template <class F>
void fields(F& f, TellSentinels::Word& x) {
    f("sentinel", x.sentinel), f("byHost", x.by_host), f("byPort", x.by_port), f("byId", x.by_id),
        f("fromHost", x.from_host), f("fromPort", x.from_port), f("host", x.host), f("port", x.port);
}
template <class F>
void fields(F& f, TellSentinels& x) {
    f("words", x.words), f("master", x.master), f("node", x.node), f("epoch", x.epoch), f("all", x.all),
        f("timeoutMs", x.timeout_ms);
}
template <class F>
void fields(F& f, Send::To& x) {
    f("node", x.node), f("commands", x.commands);
}
template <class F>
void fields(F& f, Send& x) {
    f("to", x.to);
}
template <class F>
void fields(F& f, HandOver& x) {
    f("from", x.from), f("to", x.to), f("host", x.host), f("port", x.port), f("timeoutMs", x.timeout_ms),
        f("probeKey", x.probe_key), f("behind", x.behind);
}
template <class F>
void fields(F& f, TakeBack& x) {
    f("from", x.from), f("to", x.to), f("host", x.host), f("port", x.port);
}
template <class F>
void fields(F& f, Promote& x) {
    f("node", x.node), f("probeKey", x.probe_key);
}
template <class F>
void fields(F& f, CatchUp& x) {
    f("master", x.master), f("replica", x.replica), f("timeoutMs", x.timeout_ms), f("once", x.once);
}
template <class F>
void fields(F& f, PatchSelector& x) {
    f("service", x.service), f("from", x.from), f("to", x.to);
}
template <class F>
void fields(F& f, AwaitEndpoints& x) {
    f("service", x.service), f("pod", x.pod), f("settleMs", x.settle_ms);
}
template <class F>
void fields(F& f, PatchLabel& x) {
    f("pod", x.pod), f("key", x.key), f("from", x.from), f("to", x.to);
}
template <class F>
void fields(F& f, Annotate& x) {
    f("service", x.service), f("values", x.values);
}
template <class F>
void fields(F& f, WriteProbe& x) {
    f("node", x.node), f("key", x.key), f("replicas", x.replicas), f("timeoutMs", x.timeout_ms);
}
template <class F>
void fields(F& f, ServiceProbe& x) {
    f("service", x.service), f("address", x.address), f("node", x.node), f("key", x.key), f("timeoutMs", x.timeout_ms);
}
template <class F>
void fields(F& f, Wait& x) {
    f("timeoutMs", x.timeout_ms);
}
template <class F>
void fields(F& f, DeletePod& x) {
    f("pod", x.pod), f("uid", x.uid);
}
template <class F>
void fields(F& f, SaveUnshared& x) {
    f("node", x.node), f("versus", x.versus), f("file", x.file), f("maxBytes", x.max_bytes),
        f("timeoutMs", x.timeout_ms), f("must", x.must);
}
template <class F>
void fields(F& f, Monitor& x) {
    f("node", x.node), f("forget", x.forget), f("master", x.master), f("host", x.host), f("port", x.port),
        f("settings", x.settings), f("authOf", x.auth_of);
}
template <class F>
void fields(F& f, Unshared& x) {
    f("node", x.node), f("versus", x.versus), f("bytes", x.bytes), f("writes", x.writes), f("commands", x.commands),
        f("prefixes", x.prefixes), f("whole", x.whole), f("reason", x.reason), f("file", x.file);
}
template <class F>
void fields(F& f, Check& x) {
    f("name", x.name), f("verdict", x.verdict), f("node", x.node), f("value", x.value), f("limit", x.limit),
        f("hint", x.hint), f("overridable", x.overridable), f("overridden", x.overridden);
}
template <class F>
void fields(F& f, Score& x) {
    f("node", x.node), f("eligible", x.eligible), f("points", x.points), f("why", x.why), f("reasons", x.reasons);
}
template <class F>
void fields(F& f, Baseline& x) {
    f("replid", x.replid), f("runIds", x.run_ids), f("syncFull", x.sync_full), f("syncPartialOk", x.sync_partial_ok),
        f("keys", x.keys);
}
template <class F>
void fields(F& f, Step& x) {
    f("id", x.id), f("why", x.why), f("node", x.node), f("before", x.before), f("action", x.action),
        f("after", x.after), f("undo", x.undo), f("undone", x.undone), f("already", x.already),
        f("patienceMs", x.patience_ms), f("opensWindow", x.opens_window), f("pointOfNoReturn", x.commits),
        f("achieved", x.achieved), f("essential", x.essential);
}
template <class F>
void fields(F& f, Plan& x) {
    f("command", x.command), f("instance", x.instance), f("namespace", x.ns), f("system", x.system),
        f("context", x.context), f("mode", x.mode), f("engine", x.engine), f("from", x.from), f("to", x.to),
        f("replica", x.replica), f("master", x.master), f("others", x.others), f("sentinels", x.sentinels),
        f("addresses", x.addresses), f("probeKey", x.probe_key), f("checks", x.checks), f("candidates", x.candidates),
        f("notes", x.notes), f("expectedOutage", x.expected_outage), f("lossBoundBytes", x.loss_bound),
        f("lossReason", x.loss_reason), f("baseline", x.baseline), f("unshared", x.unshared), f("steps", x.steps);
}

}  // namespace redisctl::failover
