#include "cli/flags.h"
#include "cli/words.h"

#include <doctest/doctest.h>

#include <set>

using namespace redisctl;
using namespace redisctl::cli;

TEST_CASE("without flags everything has its default") {
    auto checked = check({});
    REQUIRE(checked);
    CHECK(checked->format == output::Format::table);
    CHECK(checked->headers == output::Headers::shown);
    CHECK(checked->color == output::ColorWhen::automatic);
    CHECK(checked->verbosity == output::Verbosity::normal);
    CHECK(checked->globals.request_timeout == Millis(10'000));
    CHECK(checked->globals.timeout == std::nullopt);
    CHECK(checked->globals.via == fleet::Via::automatic);
    CHECK(!checked->globals.fail_on_warning);
    CHECK(!checked->globals.without_kubernetes());
}

TEST_CASE("values are read") {
    TypedFlags typed;
    typed.hosts = {"db1", "db2:7000", "[::1]:7001", "db1:6379"};
    typed.sentinels = {"s1"};
    typed.request_timeout = "0";
    typed.timeout = "1m30s";
    typed.via = "direct";
    typed.color = "never";
    typed.fail_on = "warning";
    typed.json = typed.no_headers = typed.verbose = true;
    auto checked = check(typed);
    REQUIRE(checked);
    CHECK(checked->globals.hosts == std::vector<net::HostPort>{{"db1", 6379}, {"db2", 7000}, {"::1", 7001}});
    CHECK(checked->globals.sentinels == std::vector<net::HostPort>{{"s1", 26379}});
    CHECK(checked->globals.request_timeout == Millis(0));
    CHECK(checked->globals.timeout == Millis(90'000));
    CHECK(checked->globals.via == fleet::Via::direct);
    CHECK(checked->globals.fail_on_warning);
    CHECK(checked->format == output::Format::json);
    CHECK(checked->headers == output::Headers::hidden);
    CHECK(checked->color == output::ColorWhen::never);
    CHECK(checked->verbosity == output::Verbosity::verbose);
}

TEST_CASE("flags that contradict one another are both named") {
    using Set = void (*)(TypedFlags&);
    struct {
        Set set;
        const char* message;
    } cases[] = {
        {[](TypedFlags& t) { t.json = true, t.format = "yaml"; }, "--json and -o yaml contradict each other"},
        {[](TypedFlags& t) { t.hosts = {"h"}, t.ns = "x"; }, "--host and -n contradict each other"},
        {[](TypedFlags& t) { t.hosts = {"h"}, t.all_namespaces = true; }, "--host and -A contradict each other"},
        {[](TypedFlags& t) { t.hosts = {"h"}, t.via = "port-forward"; },
         "--host and --via port-forward contradict each other"},
        {[](TypedFlags& t) { t.hosts = {"h"}, t.selector = "a=b"; }, "--host and -l contradict each other"},
        {[](TypedFlags& t) { t.hosts = {"h"}, t.context = "c"; }, "--host and --context contradict each other"},
        {[](TypedFlags& t) { t.hosts = {"h"}, t.redis.secret = "a:b"; },
         "--host and --password-secret contradict each other"},
        {[](TypedFlags& t) { t.sentinels = {"h"}, t.all_namespaces = true; },
         "--sentinel and -A contradict each other"},
        {[](TypedFlags& t) { t.quiet = t.verbose = true; }, "-q and -v contradict each other"},
        {[](TypedFlags& t) { t.redis.file = "f", t.redis.from_stdin = true; },
         "--password-file and --password-stdin contradict each other"},
        {[](TypedFlags& t) { t.sentinel.file = "f", t.sentinel.secret = "a:b"; },
         "--sentinel-password-file and --sentinel-password-secret contradict each other"},
        {[](TypedFlags& t) { t.redis.from_stdin = t.sentinel.from_stdin = true; },
         "--password-stdin and --sentinel-password-stdin contradict each other"},
        {[](TypedFlags& t) { t.cert = "f"; }, "--cert needs --key"},
        {[](TypedFlags& t) { t.key = "f"; }, "--key needs --cert"},
        {[](TypedFlags& t) { t.as_groups = {"g"}; }, "--as-group needs --as"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.message);
        TypedFlags typed;
        c.set(typed);
        auto checked = check(typed);
        REQUIRE(!checked);
        CHECK(checked.error().code == ErrorCode::usage);
        CHECK(checked.error().message == c.message);
    }
}

TEST_CASE("flags that go together do") {
    using Set = void (*)(TypedFlags&);
    for (Set set : {Set([](TypedFlags& t) { t.json = true, t.format = "json"; }),
                    Set([](TypedFlags& t) { t.ns = "a-1", t.all_namespaces = true; }),
                    Set([](TypedFlags& t) { t.hosts = {"h"}, t.via = "direct"; }),
                    Set([](TypedFlags& t) { t.cert = "c", t.key = "k"; }),
                    Set([](TypedFlags& t) { t.hosts = {"h"}, t.sentinels = {"s"}; }),
                    Set([](TypedFlags& t) { t.redis.file = "f", t.sentinel.from_stdin = true; })}) {
        TypedFlags typed;
        set(typed);
        CHECK(check(typed));
    }
}

TEST_CASE("a value that is none of its kind is told with its flag") {
    using Set = void (*)(TypedFlags&);
    struct {
        Set set;
        const char* message;
    } cases[] = {
        {[](TypedFlags& t) { t.timeout = "5"; }, "--timeout: '5' is no duration"},
        {[](TypedFlags& t) { t.timeout = "0s"; }, "--timeout: '0s' is out of range"},
        {[](TypedFlags& t) { t.timeout = "9999999d"; }, "--timeout: '9999999d' is out of range"},
        {[](TypedFlags& t) { t.request_timeout = "fast"; }, "--request-timeout: 'fast' is no duration"},
        {[](TypedFlags& t) { t.hosts = {"a:b"}; }, "--host: 'a:b' is no address"},
        {[](TypedFlags& t) { t.sentinels = {""}; }, "--sentinel: '' is no address"},
        {[](TypedFlags& t) { t.redis.secret = "name"; }, "--password-secret: 'name' is no key of a Secret"},
        {[](TypedFlags& t) { t.sentinel.secret = ":key"; }, "--sentinel-password-secret: ':key' is no key of a Secret"},
        {[](TypedFlags& t) { t.ns = "Shop"; }, "'Shop' is no name of a namespace"},
        {[](TypedFlags& t) { t.ns = "-a"; }, "'-a' is no name of a namespace"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.message);
        TypedFlags typed;
        c.set(typed);
        auto checked = check(typed);
        REQUIRE(!checked);
        CHECK(checked.error().code == ErrorCode::usage);
        CHECK(checked.error().message == c.message);
    }
}

TEST_CASE("shared flags have names of their own and one line each") {
    TypedFlags typed;
    std::set<std::string> names;
    for (const FlagGroup& group : shared_flags(typed, Uses::target, Group::judge)) {
        for (const Option& option : group.options) {
            CAPTURE(option.names);
            for (const std::string& name : flag_names(option)) CHECK(names.insert(name).second);
            CHECK(std::holds_alternative<bool*>(option.target) == option.value.empty());
            CHECK(!option.help.empty());
            CHECK(option.help.find_first_of("\n") == std::string::npos);
            CHECK(option.help.back() != '.');
        }
    }
    for (const char* name : {"-n", "-A", "-l", "-o", "--as", "--tls-server-name", "--user", "--sni",
                             "--sentinel-password-stdin", "--fail-on", "-h"})
        CHECK(names.contains(name));
}
