# In the build folder `cpack -G DEB` makes the .deb of what is built, for the distribution that it is built on, and `cpack -G TGZ`
# the tarball of the program in Portable.cmake.
# .invalid is nobody's (RFC 2606): who publishes a package puts an address here.
set(REDISCTL_MAINTAINER "redisctl maintainers <maintainers@redisctl.invalid>" CACHE STRING "Who answers for the packages: NAME <ADDRESS>")

set(CPACK_PACKAGE_NAME redisctl)
set(CPACK_PACKAGE_VENDOR redisctl)
set(CPACK_PACKAGE_CONTACT "${REDISCTL_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "see and change Redis and Valkey masters and replicas")
set(CPACK_PACKAGE_DESCRIPTION "redisctl looks at all nodes of a Redis or Valkey system at once, on
Kubernetes or on plain hosts, and joins what they say into one picture: who
is the master, who follows whom, how far behind, what is wrong. It switches
the master without losing an acknowledged write and proves it, repairs split
brains, orphans and stale Sentinels, and undoes or resumes what was
interrupted.
.
It replaces scripts around kubectl exec and redis-cli. The exit codes and
the JSON documents are made for scripts.")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_GENERATOR DEB)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

# What Debian's policy wants on top of what is installed.
configure_file(cmake/debian/copyright.in debian/copyright @ONLY)
configure_file(cmake/debian/policy.cmake.in debian/policy.cmake @ONLY)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_BINARY_DIR}/debian/policy.cmake)

configure_file(cmake/tarball.cmake.in tarball.cmake @ONLY)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_BINARY_DIR}/tarball.cmake)
include(CPack)
