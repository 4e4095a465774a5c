# The program of the tarball: libstdc++, hiredis, yaml-cpp, libsodium and fmt are linked in, because other systems have other versions of
# them; wslay, which Debian has no archive of, goes beside it. libcurl, OpenSSL and glibc are the system's own. The same objects
# as in redisctl are linked once more: `cmake --build … --target redisctl_portable`, then `cpack -G TGZ`.
find_library(HIREDIS_ARCHIVE libhiredis.a)
find_library(YAML_CPP_ARCHIVE libyaml-cpp.a)
find_library(SODIUM_ARCHIVE libsodium.a)
find_library(WSLAY_LIBRARY wslay)
if(NOT HIREDIS_ARCHIVE OR NOT YAML_CPP_ARCHIVE OR NOT SODIUM_ARCHIVE OR NOT WSLAY_LIBRARY)
  message(STATUS "no libhiredis.a, libyaml-cpp.a, libsodium.a or libwslay.so: no tarball can be made here")
  return()
endif()

add_executable(redisctl_portable EXCLUDE_FROM_ALL cli/main.cpp packaging/portable/fmt.cpp)
set_target_properties(redisctl_portable PROPERTIES OUTPUT_NAME redisctl RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/portable
                      BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "$ORIGIN/../lib/redisctl")
target_link_libraries(redisctl_portable PRIVATE redisctl_cli redisctl_settings fmt::fmt)
# They come first and whole, so that of the shared ones behind them nothing is needed: --as-needed leaves those out.
target_link_options(redisctl_portable PRIVATE -static-libstdc++ -static-libgcc
                    -Wl,--whole-archive ${HIREDIS_ARCHIVE} ${YAML_CPP_ARCHIVE} ${SODIUM_ARCHIVE} -Wl,--no-whole-archive)

install(TARGETS redisctl_portable COMPONENT portable EXCLUDE_FROM_ALL)
file(REAL_PATH ${WSLAY_LIBRARY} wslay_file)
install(FILES ${wslay_file} DESTINATION lib/redisctl RENAME libwslay.so.1 COMPONENT portable EXCLUDE_FROM_ALL)
# Whose code is in there, and their terms.
foreach(library hiredis yaml-cpp sodium fmt wslay)
  install(FILES /usr/share/doc/lib${library}-dev/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR}/licenses RENAME ${library} COMPONENT portable EXCLUDE_FROM_ALL OPTIONAL)
endforeach()
