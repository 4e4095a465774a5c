#include "clients/haproxy_generate.h"
#include "tests/unit/clients_upstream.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::clients;
using namespace redisctl::testing;
using Texts = std::vector<std::string>;

namespace {

bool has(const HaproxyFile& file, const std::string& part) {
    return file.text.find(part) != std::string::npos;
}

Texts codes(const HaproxyFile& file) {
    Texts out;
    for (const Finding& finding : file.findings) out.push_back(finding.code);
    return out;
}

}  // namespace

TEST_CASE("Pods stand there by their names, which are resolved again and again") {
    HaproxyWish wish;
    wish.cluster_domain = "k8s.example";
    const auto file = generate_haproxy(pods(2), wish);
    CHECK(has(file, "\nresolvers kubernetes\n"));
    CHECK(has(file, "default-server resolvers kubernetes init-addr none resolve-prefer ipv4\n"));
    CHECK(has(file, "    server redis-1 redis-1.redis-headless.shop.svc.k8s.example:6379\n"));
    CHECK(!has(file, "AUTH"));
    CHECK(codes(file) == Texts{});
}

TEST_CASE("A pod without a name stands there by its IP, and that is told") {
    auto upstream = pods(2);
    for (UpstreamNode& node : upstream.nodes) {
        node.address = node.also.front();
        node.stays = false;
    }
    const auto file = generate_haproxy(upstream, {});
    CHECK(has(file, "    server redis-1 10.1.2.1:6379\n"));
    CHECK(!has(file, "resolvers"));
    CHECK(codes(file) == Texts{"HAPROXY_POD_IP", "HAPROXY_POD_IP"});
}

TEST_CASE("Plain hosts: addresses as they are, names resolved once") {
    Upstream upstream;
    upstream.name = "db1:6379";
    for (const char* host : {"db1", "2001:db8::1"}) {
        UpstreamNode node;
        node.address = {host, 6379};
        node.name = net::to_string(node.address);
        upstream.nodes.push_back(node);
    }
    const auto file = generate_haproxy(upstream, {});
    CHECK(has(file, "    server db1:6379 db1:6379\n"));
    CHECK(has(file, "    server _2001:db8::1_:6379 [2001:db8::1]:6379\n"));
    CHECK(has(file, "    default-server init-addr libc,none\n"));
    CHECK(!has(file, "\nresolvers"));
}

TEST_CASE("The password is a variable, unless it was asked for") {
    auto upstream = pods(1);
    set_password(upstream, "p\"w$1\\", "app");
    HaproxyWish wish;
    wish.password_variable = "PW";
    auto file = generate_haproxy(upstream, wish);
    CHECK(has(file, R"(tcp-check send "AUTH app \"${PW}\"\r\nPING\r\nINFO replication\r\nQUIT\r\n")"));
    CHECK(has(file, ".if !defined(PW)\n"));
    CHECK(!has(file, "p\"w"));
    CHECK(codes(file) == Texts{"HAPROXY_PASSWORD_QUOTES"});
    wish.with_secrets = true;
    file = generate_haproxy(upstream, wish);
    CHECK(has(file, R"("AUTH app \"p\\\"w\$1\\\\\"\r\n)"));
    CHECK(!has(file, "PW"));
    CHECK(has(file, "chmod 600"));
}

TEST_CASE("TLS is verified by each node's own name") {
    auto upstream = pods(1);
    upstream.tls = true;
    upstream.client_certificate = true;
    auto file = generate_haproxy(upstream, {});
    CHECK(has(
        file,
        "default-server ssl verify required ca-file /etc/haproxy/redis/ca.crt crt /etc/haproxy/redis/client.pem\n"));
    CHECK(has(file,
              " sni str(redis-0.redis-headless.shop.svc) check-sni redis-0.redis-headless.shop.svc verifyhost "
              "redis-0.redis-headless.shop.svc\n"));
    CHECK(codes(file) == Texts{"HAPROXY_PLAIN_CLIENTS"});
    HaproxyWish wish;
    wish.bind_tls = true;
    upstream.insecure = true;
    file = generate_haproxy(upstream, wish);
    CHECK(has(file, "    bind *:6379 ssl crt /etc/haproxy/redis/server.pem\n"));
    CHECK(has(file, "ssl verify none"));
    CHECK(!has(file, "verifyhost"));
    CHECK(codes(file) == Texts{"HAPROXY_UNVERIFIED"});
}

TEST_CASE("An address that could end a word of the file is left out, and told") {
    auto upstream = pods(2);
    upstream.nodes[1].address.host = "10.0.0.1:1 check\nglobal";
    const auto file = generate_haproxy(upstream, {});
    CHECK(!has(file, "server redis-1"));
    CHECK(codes(file) == Texts{"HAPROXY_STRANGE_ADDRESS"});
}
