// What a survey asks a node, and how the answers are read. Pure.
#pragma once

#include "base/result.h"
#include "failover/facts.h"
#include "redis/codec.h"
#include "redis/value.h"

#include <string_view>
#include <vector>

namespace redisctl::failover {

// First round: everything that needs no answer before it. CONFIG GET a name at a time, because servers before 7.0 take
// only one pattern; all go in one write.
std::vector<redis::Request> first_questions();
// Errors: those of the view (a node that cannot say what it is tells nothing else). What the node does not permit or
// know stays unknown, with the reason. `own_name`: what our own connections are called.
Result<NodeFacts> read_first(const std::vector<redis::Value>& replies, std::string_view own_name);

// The last look, INFO and ROLE once more: also renews facts.info.
std::vector<redis::Request> last_questions();
Result<redis::NodeView> read_last(const std::vector<redis::Value>& replies, NodeFacts& facts);

// Second round: may our user run what a switch runs? ACL DRYRUN from 7.0 on; its rules on 6.x, where those of a
// command's categories count too; before there is no such thing as permission. Empty: there is nothing to ask.
std::vector<redis::Request> permission_questions(const NodeFacts& facts);
void read_permissions(const std::vector<redis::Value>& replies, NodeFacts& facts);

// Is this what a running operation of redisctl calls its connections? Commands that only look are called by their name.
bool names_operation(std::string_view client_name);

}  // namespace redisctl::failover
