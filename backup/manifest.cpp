#include "backup/manifest.h"

#include "base/json_values.h"
#include "base/text.h"
#include "base/version.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

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

}  // namespace

Json to_json(const Manifest& manifest) {
    Json json{{"id", manifest.id}, {"time", manifest.time}};
    json["context"] = text_or_null(valid_utf8(manifest.context));
    json["instance"] = valid_utf8(manifest.instance);
    json["namespace"] = text_or_null(valid_utf8(manifest.ns));
    json["node"] = valid_utf8(manifest.node);
    json["role"] = manifest.role;
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
    json["checksum"] = manifest.checksum;
    json["file"] = manifest.file;
    json["bytes"] = manifest.bytes;
    json["sha256"] = manifest.sha256;
    json["tookMs"] = manifest.took_ms;
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
        manifest.node = json.at("node");
        manifest.role = json.at("role");
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
        manifest.checksum = json.at("checksum");
        manifest.file = json.at("file");
        manifest.bytes = json.at("bytes");
        manifest.sha256 = json.at("sha256");
        manifest.took_ms = json.at("tookMs");
        if (manifest.file.empty() || manifest.file.find('/') != std::string::npos || manifest.file.starts_with('.'))
            return fail(ErrorCode::io, "its file is not named as one of the same folder");
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
    std::string name = (manifest.ns.empty() ? "" : manifest.ns + "-") + manifest.instance;
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') c = '_';
    if (name.empty() || name.front() == '.') name.insert(0, 1, '_');
    constexpr size_t longest = 150;  // a file's name has at most 255 bytes
    return fmt::format("{}-{}", name.substr(0, longest), manifest.id);
}

std::string manifest_name(const Manifest& manifest) {
    return file_stem(manifest) + ".json";
}

}  // namespace redisctl::backup
