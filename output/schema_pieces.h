// The words that schemas are made of, and the pieces that several kinds share. Included by schema.cpp only: it brings
// all of nlohmann/json.
#pragma once

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redisctl::output::pieces {

using Json = nlohmann::ordered_json;
using Members = std::vector<std::pair<std::string, Json>>;

Json text(std::string_view description = {});
Json text_or_null(std::string_view description = {});
Json integer(std::string_view description = {});
Json integer_or_null(std::string_view description = {});
Json number_or_null(std::string_view description = {});
Json boolean(std::string_view description = {});
Json boolean_or_null(std::string_view description = {});
Json constant(std::string_view value);
Json one_of(std::initializer_list<std::string_view> values);
Json role();
Json service_type();
Json service_routes_to();
Json link_status();
Json array(Json items);
Json or_null(Json schema);
Json object(const Members& members);  // all of them required, no others allowed
// What items of most kinds begin with, and the list of what they are about.
Json per_instance(Members rest);
// A list of nodes: a name, these members, and what went wrong with it.
Json nodes_of(Members members);

// Instance, Node, Sentinel, Service, Witness, Finding, Error.
Json ref(std::string_view name);
Json definition(std::string_view name);
// The definitions that a schema refers to, directly or through others.
Json used_definitions(const Json& schema);

}  // namespace redisctl::output::pieces
