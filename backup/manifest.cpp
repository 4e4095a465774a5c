#include "backup/manifest.h"

#include "base/json_values.h"
#include "base/text.h"
#include "base/version.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <random>

namespace redisctl::backup {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kind = "BackupManifest";

std::string text_of(const Json& json, const char* key) {
    const Json& value = json.at(key);
    return value.is_null() ? std::string() : value.get<std::string>();
}

Json keys_json(const Manifest& manifest) {
    if (!manifest.keys) return nullptr;
    Json keys = Json::object();
    for (const auto& [number, database] : *manifest.keys)
        keys[fmt::format("db{}", number)] = {{"keys", database.keys}, {"expiring", database.expiring}};
    return keys;
}

std::optional<std::map<uint64_t, redis::RdbDatabase>> read_keys(const Json& json) {
    if (json.is_null()) return std::nullopt;
    std::map<uint64_t, redis::RdbDatabase> keys;
    for (const auto& [name, database] : json.items())
        if (const auto number = parse_int(std::string_view(name).substr(std::min<size_t>(2, name.size()))))
            keys[static_cast<uint64_t>(*number)] = {database.at("keys").get<uint64_t>(),
                                                    database.at("expiring").get<uint64_t>()};
    return keys;
}

Json rdb_json(const Manifest& manifest) {
    Json json{{"node", text_or_null(valid_utf8(manifest.node))}};
    json["role"] = text_or_null(manifest.role);
    json["server"] = text_or_null(valid_utf8(manifest.server));
    json["serverVersion"] = text_or_null(valid_utf8(manifest.server_version));
    json["runId"] = text_or_null(valid_utf8(manifest.run_id));
    json["replid"] = text_or_null(valid_utf8(manifest.replid));
    json["offset"] = manifest.offset;
    json["lagBytes"] = value_or_null(manifest.lag_bytes);
    json["rdbVersion"] = manifest.rdb_version;
    json["keys"] = keys_json(manifest);
    json["notCounted"] = text_or_null(valid_utf8(manifest.not_counted));
    json["functions"] = manifest.functions;
    json["checksum"] = text_or_null(manifest.checksum);
    json["file"] = text_or_null(manifest.file);
    json["bytes"] = manifest.bytes;
    json["sha256"] = text_or_null(manifest.sha256);
    json["tookMs"] = manifest.took_ms;
    json["aof"] = nullptr;
    if (const auto& aof = manifest.aof)
        json["aof"] = {
            {"offset", aof->offset}, {"time", aof->time}, {"commands", aof->commands}, {"ended", aof->ended}};
    // Nothing is known of an RDB that is not there.
    if (!manifest.has_rdb())
        for (Json& value : json) value = nullptr;
    return json;
}

std::string safe(std::string name) {
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') c = '_';
    return name;
}

bool is_plain(std::string_view file) {
    return !file.empty() && file.find('/') == std::string::npos && !file.starts_with('.');
}

bool in_same_folder(const Manifest& manifest, std::string_view file) {
    const std::string own = aof_folder_name(manifest) + "/";
    if (manifest.aof && file.starts_with(own)) file.remove_prefix(own.size());
    return is_plain(file);
}

void read_rdb(const Json& json, Manifest& manifest) {
    manifest.node = text_of(json, "node");
    manifest.role = text_of(json, "role");
    manifest.server = text_of(json, "server");
    manifest.server_version = text_of(json, "serverVersion");
    manifest.run_id = text_of(json, "runId");
    manifest.replid = text_of(json, "replid");
    manifest.offset = json.at("offset");
    if (!json.at("lagBytes").is_null()) manifest.lag_bytes = json.at("lagBytes").get<int64_t>();
    manifest.rdb_version = json.at("rdbVersion");
    manifest.keys = read_keys(json.at("keys"));
    manifest.not_counted = text_of(json, "notCounted");
    manifest.functions = json.at("functions");
    manifest.checksum = text_of(json, "checksum");
    manifest.file = json.at("file");
    manifest.bytes = json.at("bytes");
    manifest.sha256 = text_of(json, "sha256");
    manifest.took_ms = json.at("tookMs");
    // Not written before there were AOFs.
    if (const Json aof = json.value("aof", Json()); !aof.is_null())
        manifest.aof = Aof{aof.at("offset"), aof.at("time"), aof.at("commands"), aof.at("ended")};
}

// An RDB alone was once written without these two.
void read_parts(const Json& json, Manifest& manifest) {
    for (const Json& part : json.value("parts", Json::array()))
        manifest.parts.push_back({part.at("kind"), part.at("name"), part.at("file"), part.at("bytes"),
                                  part.at("sha256"), part.at("encrypted"),
                                  part.value("notTold", std::vector<std::string>())});
    for (const Json& missing : json.value("missing", Json::array()))
        manifest.missing.push_back({missing.at("kind"), missing.at("name"), missing.at("why")});
}

}  // namespace

std::string Manifest::contents() const {
    std::string text = has_rdb() ? "rdb" : "";
    for (const Part& part : parts)
        if (text.find(part.kind) == std::string::npos) text += (text.empty() ? "" : "+") + part.kind;
    return text;
}

Json to_json(const Manifest& manifest) {
    Json json{{"id", manifest.id}, {"time", manifest.time}};
    json["context"] = text_or_null(valid_utf8(manifest.context));
    json["instance"] = valid_utf8(manifest.instance);
    json["namespace"] = text_or_null(valid_utf8(manifest.ns));
    json.update(rdb_json(manifest));
    json["parts"] = Json::array();
    for (const Part& part : manifest.parts)
        json["parts"].push_back({{"kind", part.kind},
                                 {"name", valid_utf8(part.name)},
                                 {"file", part.file},
                                 {"bytes", part.bytes},
                                 {"sha256", part.sha256},
                                 {"encrypted", part.encrypted},
                                 {"notTold", part.not_told}});
    json["missing"] = Json::array();
    for (const Missing& missing : manifest.missing)
        json["missing"].push_back(
            {{"kind", missing.kind}, {"name", valid_utf8(missing.name)}, {"why", valid_utf8(missing.why)}});
    return json;
}

std::string manifest_text(const Manifest& manifest) {
    Json json{{"apiVersion", "redisctl/v1"}, {"kind", kind}, {"redisctl", kVersion}};
    json.update(to_json(manifest));
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Manifest> parse_manifest(std::string_view text) {
    try {
        const Json json = Json::parse(text);
        if (!json.is_object() || json.value("kind", "") != kind)
            return fail(ErrorCode::io, "it is no manifest of a backup");
        Manifest manifest;
        manifest.id = json.at("id");
        manifest.time = json.at("time");
        manifest.context = text_of(json, "context");
        manifest.instance = json.at("instance");
        manifest.ns = text_of(json, "namespace");
        if (!json.at("file").is_null()) read_rdb(json, manifest);
        read_parts(json, manifest);
        const bool here = std::ranges::all_of(
            manifest.parts, [&](const Part& part) { return in_same_folder(manifest, part.file); });
        if (!here || (manifest.has_rdb() && !in_same_folder(manifest, manifest.file)))
            return fail(ErrorCode::io, "its file is not named as one of the same folder");
        if (!manifest.has_rdb() && manifest.parts.empty()) return fail(ErrorCode::io, "it names no file");
        return manifest;
    } catch (const nlohmann::json::exception& error) {
        return fail(ErrorCode::io, "it is no manifest of a backup", error.what());
    }
}

std::string new_id() {
    std::string time;
    for (const char c : rfc3339_now())
        if (c != '-' && c != ':') time += c;
    std::random_device random;
    return fmt::format("{}-{:08x}", time, random());
}

std::string file_stem(const Manifest& manifest) {
    std::string name = safe((manifest.ns.empty() ? "" : manifest.ns + "-") + manifest.instance);
    if (name.empty() || name.front() == '.') name.insert(0, 1, '_');
    constexpr size_t longest = 100;  // a file's name has at most 255 bytes
    return fmt::format("{}-{}", name.substr(0, longest), manifest.id);
}

std::string manifest_name(const Manifest& manifest) {
    return file_stem(manifest) + ".json";
}

std::string aof_folder_name(const Manifest& manifest) {
    return file_stem(manifest) + ".aof";
}

std::string file_of_part(const Manifest& manifest, std::string_view name, std::string_view ending) {
    constexpr size_t longest = 80;
    return fmt::format("{}.{}{}", file_stem(manifest), safe(std::string(name.substr(0, longest))), ending);
}

}  // namespace redisctl::backup
