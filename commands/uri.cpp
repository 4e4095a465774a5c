#include "base/json_values.h"
#include "clients/settings.h"
#include "commands/command.h"
#include "commands/look.h"
#include "commands/number_flag.h"
#include "commands/upstream.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string library, database;
    bool with_secrets = false;
};

Json item_of(const clients::Upstream& upstream, const clients::SettingsWish& wish, const clients::Settings& settings) {
    const clients::Access& access = settings.access;
    const auto variable = [](const clients::Password& password) {
        return password.used ? Json(password.variable) : Json(nullptr);
    };
    const bool leads = access.way == clients::Way::service || access.way == clients::Way::host;
    Json item{{"instance", upstream.name}, {"namespace", text_or_null(upstream.ns)}, {"for", wish.library}};
    item["way"] = clients::way_name(access.way);
    item["masterName"] = text_or_null(access.master_name);
    item["sentinels"] = Json::array();
    for (const net::HostPort& address : access.sentinels) item["sentinels"].push_back(net::to_string(address));
    item["writes"] = leads ? Json(net::to_string(access.writes)) : Json(nullptr);
    item["reads"] = access.reads ? Json(net::to_string(*access.reads)) : Json(nullptr);
    item["tls"] = access.tls;
    item["database"] = access.database;
    item["user"] = text_or_null(access.user);
    item["passwordVariable"] = variable(access.password);
    item["passwordSource"] = access.password.used ? text_or_null(upstream.redis.source) : Json(nullptr);
    item["sentinelPasswordVariable"] = variable(access.sentinel_password);
    item["sentinelPasswordSource"] =
        access.sentinel_password.used ? text_or_null(upstream.sentinel.source) : Json(nullptr);
    item["uris"] = settings.uris;
    item["text"] = settings.text;
    item["holdsPassword"] = access.password.shown || access.sentinel_password.shown;
    return item;
}

Result<ExitCode> run(Context& context, const Options& options) {
    clients::SettingsWish wish;
    if (!options.library.empty()) wish.library = options.library;
    wish.with_secrets = options.with_secrets;
    TRY_ASSIGN(const std::optional<int64_t> database, database_flag("--database", options.database));
    if (database) wish.database = static_cast<int>(*database);
    TRY_ASSIGN(const Look seen, look(context));
    output::Document document("ClientSettings", context.kube_context());
    std::string all;
    const bool several = seen.pictures.size() > 1;
    for (size_t i = 0; i < seen.pictures.size(); i++) {
        const topology::Picture& picture = seen.pictures[i];
        for (const topology::NodePicture& node : picture.nodes)
            if (node.error) document.add_error({picture.full_name(), node.name, *node.error});
        for (const topology::SentinelPicture& sentinel : picture.sentinels)
            if (sentinel.error) document.add_error({picture.full_name(), sentinel.name, *sentinel.error});
        const clients::Upstream upstream = upstream_of(context, seen, i);
        clients::Settings settings = clients::client_settings(upstream, wish);
        document.add_item(item_of(upstream, wish, settings));
        for (Finding& finding : settings.findings) document.add_finding(std::move(finding));
        for (const std::string& uri : settings.uris) document.add_name(uri);
        // Bare URIs stay bare, so that they can be put into a variable.
        if (several && wish.library != "uri")
            all += fmt::format("{}-- {} --\n", all.empty() ? "" : "\n", picture.full_name());
        all += settings.text;
    }
    document.set_text(std::move(all));
    TRY(context.output().print(document));
    return shown(count_answers(seen));
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--for", "CLIENT", "Whose settings: a plain URI by default", &options->library, clients::client_libraries()},
        {"--database", "NUMBER", "Number of the database, 0 by default", &options->database},
        {"--with-secrets", "", "Show passwords instead of the variables that hold them", &options->with_secrets}};
    spec.examples = {"redisctl uri", "redisctl uri --for redis-py",
                     "redisctl uri --instance cache --for env --with-secrets"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command uri_command{"uri",
                                 Group::look,
                                 "Show how clients reach the master, by Sentinel, Service or host, as a URI or as code",
                                 Uses::target,
                                 {},
                                 bind,
                                 "ClientSettings"};

}  // namespace redisctl
