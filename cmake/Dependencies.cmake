# Every library comes from the distribution; Debian 12's versions are the floor.
find_package(PkgConfig REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(fmt 9.1 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(wslay REQUIRED)
# Debian 12's hiredis has a CMake config that names headers it does not ship; its .pc is right.
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis>=0.14)
pkg_check_modules(libsodium REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
find_path(EXPECTED_INCLUDE_DIR tl/expected.hpp REQUIRED)

# Debian 12 calls the target yaml-cpp, Debian 13 yaml-cpp::yaml-cpp.
if(TARGET yaml-cpp::yaml-cpp)
  set(YAML_CPP_TARGET yaml-cpp::yaml-cpp)
else()
  set(YAML_CPP_TARGET yaml-cpp)
endif()

# wslay's CMake config tells no version, and its header an old one; the library's file name is right.
get_target_property(wslay_file wslay IMPORTED_LOCATION_NONE)
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+$" wslay_VERSION "${wslay_file}")

message(STATUS "redisctl ${PROJECT_VERSION} with CLI11 ${CLI11_VERSION}, fmt ${fmt_VERSION}, nlohmann-json ${nlohmann_json_VERSION}, "
               "libcurl ${CURL_VERSION_STRING}, OpenSSL ${OPENSSL_VERSION}, yaml-cpp ${yaml-cpp_VERSION}, wslay ${wslay_VERSION}, hiredis ${hiredis_VERSION}, libsodium ${libsodium_VERSION}")
