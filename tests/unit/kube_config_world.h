// A kubeconfig's surroundings for tests: a folder, an environment and flags of their own.
#pragma once

#include "base/text.h"
#include "kube/config.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>

namespace redisctl::test {

using kube::ClusterConfig;
using kube::ConfigFlags;

inline const std::string kCert = "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n";
inline const std::string kKey = "-----BEGIN PRIVATE KEY-----\nQg==\n-----END PRIVATE KEY-----\n";

struct World {
    TempDir dir;
    std::map<std::string, std::string> env;
    ConfigFlags flags;

    Result<ClusterConfig> load() const {
        kube::ConfigSources sources;
        sources.env = [this](const std::string& name) -> std::optional<std::string> {
            auto found = env.find(name);
            return found == env.end() ? std::nullopt : std::optional(found->second);
        };
        sources.service_account_dir = dir.path("sa");
        return kube::load_config(flags, sources);
    }
    // Loads this one text as --kubeconfig.
    Result<ClusterConfig> load(const std::string& text) {
        flags.kubeconfig = dir.write("config", text);
        return load();
    }
    // The same with one cluster and one user, whose fields are given as lines of YAML without indentation.
    Result<ClusterConfig> load_fields(const std::string& cluster, const std::string& user) {
        return load(one_context(cluster, user));
    }

    static std::string indented(const std::string& lines) {
        std::string out;
        for (std::string_view line : split(lines, '\n'))
            if (!line.empty()) out += fmt::format("    {}\n", line);
        return out;
    }
    static std::string one_context(const std::string& cluster, const std::string& user) {
        return "current-context: x\ncontexts:\n- name: x\n  context: {cluster: c, user: u}\nclusters:\n- name: c\n  "
               "cluster:\n" +
               indented(cluster) + "users:\n- name: u\n  user:\n" + indented(user);
    }
};

inline const std::string kServer = "server: https://api:6443\n";

inline void check_error(const Result<ClusterConfig>& result, const std::string& message, const std::string& cause,
                        const std::string& hint) {
    REQUIRE(!result);
    CHECK(result.error().code == ErrorCode::usage);
    CHECK(result.error().message == message);
    CHECK(result.error().cause == cause);
    CHECK(result.error().hint == hint);
}

inline std::string token_that_expires(int64_t at) {
    return "e30." + base64_encode(fmt::format("{{\"exp\":{}}}", at)) + ".c2ln";
}

}  // namespace redisctl::test
