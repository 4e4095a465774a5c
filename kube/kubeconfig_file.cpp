#include "kube/kubeconfig_file.h"

#include "base/text.h"
#include "kube/long_runs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <exception>
#include <utility>

namespace redisctl::kube {

namespace {

// Reads fields out of the YAML tree. The first wrong one is kept, and everything after it is read as empty.
class Reader {
  public:
    Reader(std::string file, const LongRuns& runs) : file_(std::move(file)), runs_(runs) {}

    Kubeconfig config(const YAML::Node& root) {
        Kubeconfig config;
        std::string kind = "Config";
        fields(root, "the file", [&](const std::string& key, const YAML::Node& value) {
            if (key == "kind") kind = text(value, key);
            if (key == "current-context") config.current_context = text(value, key);
            if (key == "clusters") list(value, key, "cluster", config.clusters, &Reader::cluster);
            if (key == "users") list(value, key, "user", config.users, &Reader::user);
            if (key == "contexts") list(value, key, "context", config.contexts, &Reader::context);
        });
        if (!error_ && kind != "Config" && !kind.empty())
            refuse("is no kubeconfig", fmt::format("its kind is {}", printable(kind)));
        return config;
    }

    const std::optional<Error>& error() const { return error_; }

  private:
    template <class Each>
    void fields(const YAML::Node& map, std::string_view name, Each each) {
        if (!usable(map)) return;
        if (!map.IsMap()) return wrong(map, name, "is no mapping");
        for (const auto& field : map)
            if (field.first.IsScalar()) each(runs_.restore(field.first.Scalar()), field.second);
    }

    template <class Each>
    void items(const YAML::Node& sequence, std::string_view name, Each each) {
        if (!usable(sequence)) return;
        if (!sequence.IsSequence()) return wrong(sequence, name, "is no list");
        for (const auto& item : sequence) each(item);
    }

    std::string text(const YAML::Node& node, std::string_view name) {
        if (!usable(node)) return {};
        if (!node.IsScalar()) {
            wrong(node, name, "is no text");
            return {};
        }
        std::string value = runs_.restore(node.Scalar());
        spend(value.size());
        return value;
    }

    Secret secret(const YAML::Node& node, std::string_view name) { return Secret(text(node, name)); }

    bool flag(const YAML::Node& node, std::string_view name) {
        std::string value = text(node, name);
        std::string word = lower(value);
        if (!value.empty() && word != "true" && word != "false") wrong(node, name, "is neither true nor false");
        return word == "true";
    }

    std::vector<std::string> texts(const YAML::Node& node, std::string_view name) {
        std::vector<std::string> out;
        items(node, name, [&](const YAML::Node& item) { out.push_back(text(item, name)); });
        return out;
    }

    // clusters, users, contexts: [{name: …, <body>: {…}}].
    template <class Entry>
    void list(const YAML::Node& node, std::string_view name, std::string_view body, Entries<Entry>& into,
              void (Reader::*read)(const YAML::Node&, Entry&)) {
        items(node, name, [&](const YAML::Node& item) {
            std::string entry_name;
            Entry entry;
            entry.file = file_;
            fields(item, name, [&](const std::string& key, const YAML::Node& value) {
                if (key == "name") entry_name = text(value, key);
                if (key == body) (this->*read)(value, entry);
            });
            if (!error_ && !into.emplace(entry_name, std::move(entry)).second)
                refuse(fmt::format("names the {} '{}' twice", body, printable(entry_name)), {},
                       "remove one of the two");
        });
    }

    void cluster(const YAML::Node& node, ClusterEntry& out) {
        fields(node, "cluster", [&](const std::string& key, const YAML::Node& value) {
            if (key == "server") out.server = text(value, key);
            if (key == "tls-server-name") out.tls_server_name = text(value, key);
            if (key == "insecure-skip-tls-verify") out.insecure = flag(value, key);
            if (key == "certificate-authority") out.ca_file = text(value, key);
            if (key == "certificate-authority-data") out.ca_data = text(value, key);
            if (key == "proxy-url") out.proxy_url = text(value, key);
            if (key == "disable-compression") out.disable_compression = flag(value, key);
            if (key == "extensions") items(value, key, [&](const YAML::Node& item) { extension(item, out); });
        });
    }

    void extension(const YAML::Node& node, ClusterEntry& out) {
        std::string name;
        YAML::Node body;
        fields(node, "extensions", [&](const std::string& key, const YAML::Node& value) {
            if (key == "name") name = text(value, key);
            if (key == "extension") body.reset(value);
        });
        if (name != "client.authentication.k8s.io/exec") return;
        out.exec_extension_json = to_json(body, 0).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }

    void user(const YAML::Node& node, UserEntry& out) {
        fields(node, "user", [&](const std::string& key, const YAML::Node& value) {
            if (key == "client-certificate") out.cert_file = text(value, key);
            if (key == "client-certificate-data") out.cert_data = text(value, key);
            if (key == "client-key") out.key_file = text(value, key);
            if (key == "client-key-data") out.key_data = secret(value, key);
            if (key == "token") out.token = secret(value, key);
            if (key == "tokenFile") out.token_file = text(value, key);
            if (key == "username") out.username = text(value, key);
            if (key == "password") out.password = secret(value, key);
            if (key == "as") out.impersonate.user = text(value, key);
            if (key == "as-uid") out.impersonate.uid = text(value, key);
            if (key == "as-groups") out.impersonate.groups = texts(value, key);
            if (key == "as-user-extra")
                fields(value, key, [&](const std::string& extra, const YAML::Node& values) {
                    for (std::string& one : texts(values, key))
                        out.impersonate.extra.emplace_back(extra, std::move(one));
                });
            if (key == "exec" && usable(value)) exec(value, out.exec.emplace());
            if (key == "auth-provider") auth_provider(value, out);
        });
    }

    void exec(const YAML::Node& node, ExecPlugin& out) {
        fields(node, "exec", [&](const std::string& key, const YAML::Node& value) {
            if (key == "apiVersion") out.api_version = text(value, key);
            if (key == "command") out.command = text(value, key);
            if (key == "args") out.args = texts(value, key);
            if (key == "installHint") out.install_hint = text(value, key);
            if (key == "interactiveMode") out.interactive_mode = text(value, key);
            if (key == "provideClusterInfo") out.provide_cluster_info = flag(value, key);
            if (key == "env")
                items(value, key, [&](const YAML::Node& item) {
                    auto& [name, content] = out.env.emplace_back();
                    fields(item, "env",
                           [&, &name = name, &content = content](const std::string& part, const YAML::Node& word) {
                               if (part == "name") name = text(word, part);
                               if (part == "value") content = text(word, part);
                           });
                });
        });
    }

    void auth_provider(const YAML::Node& node, UserEntry& out) {
        fields(node, "auth-provider", [&](const std::string& key, const YAML::Node& value) {
            if (key == "name") out.auth_provider = text(value, key);
            if (key == "config")
                fields(value, key, [&](const std::string& part, const YAML::Node& word) {
                    if (part == "id-token") out.id_token = secret(word, part);
                });
        });
    }

    void context(const YAML::Node& node, ContextEntry& out) {
        fields(node, "context", [&](const std::string& key, const YAML::Node& value) {
            if (key == "cluster") out.cluster = text(value, key);
            if (key == "user") out.user = text(value, key);
            if (key == "namespace") out.ns = text(value, key);
        });
    }

    // As YAML's core schema: what is quoted is text, what is not may be a number, a truth value or null.
    nlohmann::json to_json(const YAML::Node& node, int depth) {
        if (depth > 64) wrong(node, "extension", "is nested too deeply");
        if (!usable(node)) return nullptr;
        if (node.IsMap()) {
            auto object = nlohmann::json::object();
            fields(node, "extension", [&](const std::string& key, const YAML::Node& value) {
                object[valid_utf8(key)] = to_json(value, depth + 1);
            });
            return object;
        }
        if (node.IsSequence()) {
            auto array = nlohmann::json::array();
            items(node, "extension", [&](const YAML::Node& item) { array.push_back(to_json(item, depth + 1)); });
            return array;
        }
        std::string value = text(node, "extension");
        if (node.Tag() != "?") return value;
        if (std::string word = lower(value); word == "true" || word == "false") return word == "true";
        if (auto integer = parse_int(value)) return *integer;
        double number = 0;
        auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
        bool is_number = failed == std::errc() && end == value.data() + value.size() &&
                         std::string_view("+-.0123456789").find(value[0]) != std::string_view::npos;
        return is_number ? nlohmann::json(number) : nlohmann::json(value);
    }

    // False for null, and for everything once an error is noted: so a tree of aliases that would expand without end is
    // left quickly.
    bool usable(const YAML::Node& node) {
        spend(kNodeCost);
        return !error_ && node.IsDefined() && !node.IsNull();
    }

    void spend(size_t amount) {
        if (amount <= budget_) {
            budget_ -= amount;
            return;
        }
        refuse("is no usable kubeconfig", "its aliases expand to more than 16 MiB");
    }

    void wrong(const YAML::Node& node, std::string_view name, std::string_view what) {
        refuse("has a wrong field", fmt::format("line {}: {} {}", node.Mark().line + 1, name, what));
    }

    void refuse(std::string_view what, std::string cause, std::string hint = {}) {
        if (error_) return;
        error_ = Error{
            ErrorCode::usage, fmt::format("{} {}", printable(file_), what), std::move(cause), std::move(hint), {}};
    }

    std::string file_;
    const LongRuns& runs_;
    std::optional<Error> error_;
    static constexpr size_t kNodeCost = 16;
    size_t budget_ = 16 << 20;  // bytes of text and kNodeCost a node
};

}  // namespace

Result<Kubeconfig> parse_kubeconfig(std::string_view text, const std::string& file) {
    auto no_kubeconfig = [&](std::string cause) {
        return fail(ErrorCode::usage, fmt::format("{} is no kubeconfig", printable(file)), std::move(cause));
    };
    if (text.size() > kMaxKubeconfigBytes)
        return no_kubeconfig(fmt::format("it is larger than {}", human_bytes(kMaxKubeconfigBytes)));
    if (text.find('\0') != std::string_view::npos) return no_kubeconfig("it is no text");
    try {
        LongRuns runs(text);
        // Nesting needs no guard here: since 0.7 the parser itself ends at 500 levels.
        YAML::Node root = YAML::Load(runs.shortened());
        if (!root.IsNull() && !root.IsMap()) return no_kubeconfig("no mapping stands at its top");
        Reader reader(file, runs);
        Kubeconfig config = reader.config(root);
        if (reader.error()) return fail(*reader.error());
        return config;
    } catch (const YAML::Exception& error) {
        bool deep = error.msg == YAML::ErrorMsg::BAD_FILE;
        return fail(ErrorCode::usage, fmt::format("{} is no valid YAML", printable(file)),
                    fmt::format("line {}, column {}: {}", error.mark.line + 1, error.mark.column + 1,
                                deep ? "nested too deeply" : printable(error.msg)));
    } catch (const std::exception& error) {
        return no_kubeconfig(printable(error.what()));
    }
}

}  // namespace redisctl::kube
