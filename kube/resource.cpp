#include "kube/resource.h"

#include <fmt/format.h>

#include <utility>

namespace redisctl::kube {

std::string url_escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("-._~").find(c) != std::string_view::npos;
        if (plain)
            result += c;
        else
            result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return result;
}

std::string path_of(const Resource& resource, std::string_view ns, std::string_view name) {
    std::string path = resource.group.empty() ? fmt::format("/api/{}", resource.version)
                                              : fmt::format("/apis/{}/{}", resource.group, resource.version);
    if (resource.namespaced && !ns.empty()) path += "/namespaces/" + url_escaped(ns);
    path += fmt::format("/{}", resource.plural);
    if (!name.empty()) path += "/" + url_escaped(name);
    return path;
}

Access access_to(std::string_view verb, const Resource& resource, std::string ns, std::string name) {
    if (!resource.namespaced) ns.clear();
    return {std::string(verb), std::string(resource.group), std::string(resource.plural), std::move(ns),
            std::move(name)};
}

}  // namespace redisctl::kube
