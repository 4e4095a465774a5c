#include "redis/config_file.h"

#include <doctest/doctest.h>

using namespace redisctl::redis;

TEST_CASE("a word is bare, or quoted as sdssplitargs reads it") {
    CHECK(config_word("10mb") == "10mb");
    CHECK(config_word("") == "\"\"");
    CHECK(config_word("{title} {listen-addr}") == "\"{title} {listen-addr}\"");
    CHECK(config_word("a\"b\\c") == "\"a\\\"b\\\\c\"");
    CHECK(config_word("it's") == "\"it's\"");
    CHECK(config_word("#0123") == "#0123");
    CHECK(config_word("a\nb\xc3\xa4") == "\"a\\x0ab\\xc3\\xa4\"");
}

TEST_CASE("lists are several words, and those of groups several lines") {
    CHECK(config_file({{"save", "3600 1 300 100"}, {"bind", "127.0.0.1 -::1"}}, {}, Passwords::kept) ==
          "bind 127.0.0.1 -::1\nsave 3600 1\nsave 300 100\n");
    CHECK(config_file({{"save", ""}, {"replicaof", ""}, {"bind", ""}}, {}, Passwords::kept) == "save \"\"\n");
    CHECK(config_file({{"client-output-buffer-limit", "normal 0 0 0 replica 1 2 3"}}, {}, Passwords::kept) ==
          "client-output-buffer-limit normal 0 0 0\nclient-output-buffer-limit replica 1 2 3\n");
    CHECK(config_file({{"tls-protocols", "TLSv1.2 TLSv1.3"}}, {}, Passwords::kept) ==
          "tls-protocols \"TLSv1.2 TLSv1.3\"\n");
}

TEST_CASE("an older name is left out where the newer one is there") {
    CHECK(config_file({{"slave-priority", "7"}, {"replica-priority", "7"}}, {}, Passwords::kept) ==
          "replica-priority 7\n");
    CHECK(config_file({{"slaveof", "db1 6379"}}, {}, Passwords::kept) == "slaveof db1 6379\n");
}

TEST_CASE("passwords become comments, and what has none stays") {
    const InfoFields parameters{{"requirepass", "pa55"}, {"masterauth", ""}, {"tls-key-file-pass", "pa55"}};
    const std::vector<std::string> users{"user default on nopass ~* +@all", "user ann on #0123 >pa55 ~a:* +get"};
    CHECK(config_file(parameters, users, Passwords::left_out) ==
          "masterauth \"\"\n# requirepass (hidden)\n# tls-key-file-pass (hidden)\n"
          "user default on nopass ~* +@all\n# user ann on #(hidden) >(hidden) ~a:* +get\n");
    CHECK(config_file(parameters, users, Passwords::kept) ==
          "masterauth \"\"\nrequirepass pa55\ntls-key-file-pass pa55\n"
          "user default on nopass ~* +@all\nuser ann on #0123 >pa55 ~a:* +get\n");
}

TEST_CASE("users of an ACL file are comments") {
    CHECK(config_file({{"aclfile", "/etc/users.acl"}}, {"user ann on nopass"}, Passwords::kept) ==
          "aclfile /etc/users.acl\n# user ann on nopass\n");
}

TEST_CASE("what a server says cannot become a directive of its own") {
    CHECK(config_file({{"a\nloadmodule", "/evil.so"}, {"dir", "/x\nloadmodule /evil.so"}},
                      {"loadmodule /evil.so", "user a on\nloadmodule /evil.so"}, Passwords::kept) ==
          "dir \"/x\\x0aloadmodule /evil.so\"\nuser a \"on\\x0aloadmodule\" /evil.so\n");
}
