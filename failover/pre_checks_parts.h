// The groups of pre-checks, and how a verdict is reached. Inside failover/ only.
#pragma once

#include "failover/check.h"
#include "failover/facts.h"
#include "failover/wish.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::failover {

// Master and target of a switch. Who is not there, or did not answer, has an empty view that says why.
struct Pair {
    const Facts& facts;
    const Wish& wish;
    const std::string& target_name;
    const NodeFacts& master;
    const NodeFacts& target;

    const std::string& master_name() const { return facts.master; }
};

NodeFacts absent_node();

using Checks = std::vector<Check>;

// A check in the making: at first unknown, then one of these is said of it.
class Verdicts {
  public:
    Verdicts(Checks& out, std::string name, std::string node, std::string limit, std::string hint = {});

    // A bad one blocks; what is not known stays unknown, and `value` says why.
    void good_if(std::optional<bool> good, std::string value) const;
    void warn_unless(std::optional<bool> good, std::string value) const;
    void warn(std::string value) const { say(Verdict::warn, std::move(value)); }
    void block(std::string value) const { say(Verdict::block, std::move(value)); }
    void unknown(std::string_view reason) const;
    void unknown(const Error& error) const;
    const Verdicts& hint(std::string text) const;

  private:
    void say(Verdict verdict, std::string value) const;

    Checks& out_;
    size_t index_;
};

// "up" of a boolean that may be missing.
std::string shown(std::optional<bool> value, std::string_view yes, std::string_view no);
// A number that may be missing.
std::string shown(std::optional<int64_t> value);
// "NOPERM: the node does not permit INFO to this user"
std::string shown(const Error& error);
std::string bytes(int64_t count);
std::string millis(Micros time);

// A setting's value; nullptr when the node did not tell its settings or has none of the name.
const std::string* setting(const NodeFacts& node, std::string_view name);
std::optional<int64_t> setting_count(const NodeFacts& node, std::string_view name);
// "yes" or "no": does it replicate over TLS? Of a node that told its settings; a server without TLS has no such one.
std::string tls_replication(const NodeFacts& node);
// Why a setting is not known.
std::string why_no_setting(const NodeFacts& node, std::string_view name);

bool overridden(const Wish& wish, std::string_view check);

void check_master(const Pair& pair, Checks& out);
void check_target(const Pair& pair, Checks& out);
void check_pair(const Pair& pair, Checks& out);
void check_surroundings(const Pair& pair, Checks& out);
void check_kubernetes(const Pair& pair, Checks& out);

// Single ones that an emergency needs too.
void check_commands(const Pair& pair, Checks& out, Mode mode);
void check_other_operations(const Facts& facts, Checks& out);
void check_cluster_mode(const Facts& facts, Checks& out);
void check_sentinels(const Pair& pair, Checks& out);
void check_no_sentinels(const Facts& facts, Checks& out, std::string hint);
// The master is dead: what the Sentinels do about it, and per replica why they do not promote it.
void check_sentinels_in_emergency(const Facts& facts, const Wish& wish, const std::string& target, Checks& out);
void check_permissions(const std::vector<kube::Review>& reviews, Checks& out);
void check_credentials(const Facts& facts, Checks& out);
void check_loading(const std::string& check, const std::string& node, const NodeFacts& facts, Checks& out);
void check_sync(const std::string& node, const NodeFacts& facts, Checks& out);
void check_priority(const std::string& node, const NodeFacts& facts, Checks& out);
void check_terminating(const Facts& facts, Checks& out);

}  // namespace redisctl::failover
