#include "commands/temporary_server.h"

#include "base/interrupt.h"
#include "base/new_password.h"
#include "base/text.h"
#include "commands/info_fields.h"
#include "kube/own_objects.h"
#include "kube/recorded_event.h"
#include "kube/request.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace redisctl {

namespace {

constexpr Millis one_round{10'000}, look_again{500}, one_look{3'000}, removed_in{10'000};
constexpr uint16_t port = 6379;
constexpr int64_t least_life_seconds = 3'600;

// The pod, which owns them, first: then nothing is ever there that nobody would remove.
struct Made {
    const kube::Resource* resource;
    const std::string* uid;
};

}  // namespace

TemporaryServer::TemporaryServer(Context& context, kube::TemporaryServer wanted, std::string model,
                                 const std::string& program)
    : context_(context),
      wanted_(std::move(wanted)),
      model_(std::move(model)),
      password_(new_password(32)),
      // Of its own: what flags give is for the user's servers.
      keyring_(context.client(), {}, {}, {}),
      fleet_(context.dialer(), keyring_, "redisctl:" + wanted_.operation, context.globals().connect_timeout) {
    wanted_.name = "redisctl-restore-" + lower(wanted_.operation);
    wanted_.command = {program, kube::settings_path};
    std::string settings(wanted_.settings.reveal());
    settings += fmt::format("port {}\nprotected-mode yes\n", port);
    if (!context.dialer().direct()) settings += "bind 127.0.0.1\n";
    settings += fmt::format("requirepass {}\n", password_.reveal());
    wanted_.settings = Secret(std::move(settings));
}

Result<void> TemporaryServer::start(Deadline deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(deadline.left()).count();
    wanted_.ends_after_seconds = least_life_seconds + 2 * left;
    TRY(make());
    TRY(wait_for_pod(deadline));
    return wait_for_data(deadline);
}

Result<void> TemporaryServer::make() {
    kube::Client& client = *context_.client();
    const Deadline until = Deadline::after(one_round);
    const kube::Resource& pods = kube::resource::pods;
    TRY_ASSIGN(const std::string model,
               kube::ask(client,
                         {kube::access_to("get", pods, wanted_.ns, model_), kube::path_of(pods, wanted_.ns, model_)},
                         until));
    TRY_ASSIGN(std::string pod, kube::temporary_pod(wanted_, model));
    // From here on something may be there.
    begun_ = true;
    TRY_ASSIGN(const std::string made,
               kube::create_object(client, pods, wanted_.ns, wanted_.name, std::move(pod), until));
    TRY_ASSIGN(const kube::Meta meta, kube::parse_meta(made));
    pod_uid_ = meta.uid;
    TRY_ASSIGN(const std::string claim,
               kube::create_object(client, kube::resource::volume_claims, wanted_.ns, wanted_.name,
                                   kube::temporary_claim(wanted_, pod_uid_), until));
    TRY_ASSIGN(const kube::Meta of_claim, kube::parse_meta(claim));
    claim_uid_ = of_claim.uid;
    TRY_ASSIGN(const std::string secret,
               kube::create_object(client, kube::resource::secrets, wanted_.ns, wanted_.name,
                                   std::string(kube::temporary_settings(wanted_, pod_uid_).reveal()), until));
    TRY_ASSIGN(const kube::Meta of_secret, kube::parse_meta(secret));
    secret_uid_ = of_secret.uid;
    return {};
}

Result<kube::TemporaryState> TemporaryServer::look() {
    const kube::Resource& pods = kube::resource::pods;
    TRY_ASSIGN(const std::string text, kube::ask(*context_.client(),
                                                 {kube::access_to("get", pods, wanted_.ns, wanted_.name),
                                                  kube::path_of(pods, wanted_.ns, wanted_.name)},
                                                 Deadline::after(one_round)));
    return kube::parse_temporary_state(text);
}

Result<void> TemporaryServer::wait_for_pod(Deadline deadline) {
    for (;;) {
        TRY_ASSIGN(const kube::TemporaryState state, look());
        if (state.uid != pod_uid_)
            return fail(Error{ErrorCode::conflict, fmt::format("pod {} is another one by now", wanted_.name),
                              "somebody deleted it", "run it again", "GONE"});
        if (state.exit_code || state.phase == "Failed" || state.phase == "Succeeded") return fail(ended(state));
        if (state.running && !state.ip.empty()) {
            node_.name = node_.pod = wanted_.name;
            node_.ns = wanted_.ns;
            node_.uid = pod_uid_;
            node_.address = {state.ip, port};
            node_.spelled_password = password_;
            return {};
        }
        if (deadline.passed()) return fail(not_started(state));
        context_.output().progress(fmt::format("{}: {}", wanted_.name,
                                               state.why.empty() ? "starts" : printable(state.why)));
        TRY(context_.loop().pause(Deadline::after(look_again).earlier(deadline)));
    }
}

Result<void> TemporaryServer::wait_for_data(Deadline deadline) {
    std::string last = "it has not answered yet";
    for (;;) {
        const fleet::Call call{&node_, {{"INFO", "persistence"}}};
        const fleet::Outcome outcome = std::move(fleet_.exec({&call, 1}, Deadline::after(one_look)).front());
        if (!outcome.replies && outcome.replies.error().code == ErrorCode::interrupted)
            return fail(outcome.replies.error());
        if (outcome.replies) {
            const auto info = redis::read_info(outcome.replies->front(), "persistence");
            if (info && redis::flag_of(*info, "loading") == false) return {};
            last = info ? fmt::format("it has loaded {} % of its data",
                                      redis::text_of(*info, "loading_loaded_perc").empty()
                                          ? "?"
                                          : redis::text_of(*info, "loading_loaded_perc"))
                        : info.error().message;
        } else {
            last = outcome.replies.error().message;
        }
        TRY_ASSIGN(const kube::TemporaryState state, look());
        if (state.exit_code || state.phase == "Failed" || state.phase == "Succeeded") return fail(ended(state));
        if (deadline.passed())
            return fail(Error{ErrorCode::timeout, "the temporary server did not load the data in time", last,
                              "--load-wait 1h", "NOT_LOADED_IN_TIME"});
        context_.output().progress(fmt::format("{}: {}", wanted_.name, printable(last)));
        TRY(context_.loop().pause(Deadline::after(look_again).earlier(deadline)));
    }
}

// Its log says why, and goes with it.
Error TemporaryServer::ended(const kube::TemporaryState& state) {
    const kube::Resource& pods = kube::resource::pods;
    const kube::Access access{"get", "", "pods/log", wanted_.ns, wanted_.name};
    const Result<std::string> log =
        kube::ask(*context_.client(),
                  {access, kube::path_of(pods, wanted_.ns, wanted_.name) + "/log?tailLines=3"},
                  Deadline::after(one_round));
    std::string cause = state.why.empty() ? "its phase is " + state.phase : state.why;
    if (log && !trim(*log).empty()) cause += "; it said last: " + printable(trim(*log));
    return {ErrorCode::refused, "the temporary server did not load the data", std::move(cause),
            "was the snapshot made while the server was healthy? redisctl snapshot list", "NOT_LOADED"};
}

Error TemporaryServer::not_started(const kube::TemporaryState& state) {
    std::string cause = state.why.empty() ? fmt::format("its phase is {}", state.phase) : printable(state.why);
    if (const std::string events = events_of_claim(); !events.empty()) cause += "; of its volume: " + events;
    return {ErrorCode::timeout, fmt::format("the temporary pod {} did not start in time", wanted_.name),
            std::move(cause), "--load-wait 1h, or --storage-class NAME", "NOT_STARTED"};
}

// What the provisioner says of its volume.
std::string TemporaryServer::events_of_claim() {
    const auto listing = kube::list_events(*context_.client(), wanted_.ns);
    const auto events = kube::await(*context_.client(), *listing, Deadline::after(one_round));
    if (!events) return {};
    std::string said;
    std::string time;
    for (const kube::RecordedEvent& event : *events)
        if (event.about_kind == "PersistentVolumeClaim" && event.about_name == wanted_.name && event.time >= time) {
            time = event.time;
            said = printable(event.message);
        }
    return said;
}

void TemporaryServer::remove() {
    if (!begun_) return;
    begun_ = false;
    context_.output().progress({});
    const interrupt::Patience patience(3);
    const std::array<Made, 3> all{{{&kube::resource::pods, &pod_uid_},
                                   {&kube::resource::volume_claims, &claim_uid_},
                                   {&kube::resource::secrets, &secret_uid_}}};
    std::optional<Error> error;
    for (const Made& made : all) {
        // Without an uid it may have been made all the same, save that the pod owns what came behind it.
        if (made.uid->empty() && made.resource != &kube::resource::pods) continue;
        std::string uid = *made.uid;
        if (uid.empty()) {
            const auto state = look();
            if (!state) {
                if (state.error().code != ErrorCode::not_found) error = state.error();
                continue;
            }
            uid = state->uid;
        }
        const Result<void> deleted = kube::delete_object(*context_.client(), *made.resource, wanted_.ns, wanted_.name,
                                                         uid, Deadline::after(removed_in));
        // The collector may have been faster.
        if (!deleted && deleted.error().code != ErrorCode::not_found && !error) error = deleted.error();
    }
    if (!error) return;
    error->message = fmt::format("the temporary pod {} may be left: {}", wanted_.name, error->message);
    error->hint = fmt::format("kubectl delete pod,pvc,secret -n {} -l {}={}", wanted_.ns, kube::operation_label,
                              wanted_.operation);
    context_.output().error(*error);
}

}  // namespace redisctl
