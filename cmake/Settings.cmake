# How our own code is compiled. Third-party headers come through imported targets, as SYSTEM.
add_library(redisctl_settings INTERFACE)
target_compile_features(redisctl_settings INTERFACE cxx_std_20)
target_include_directories(redisctl_settings INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(redisctl_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wimplicit-fallthrough
  -fno-strict-overflow -fstack-protector-strong)
# g++ 12 and 13 see uninitialised members in moved tl::expected values where there are none.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(redisctl_settings INTERFACE -Wno-maybe-uninitialized)
endif()
# Only unreferenced sections are dropped; what is linked is what the program can reach.
target_compile_options(redisctl_settings INTERFACE -ffunction-sections -fdata-sections)
target_link_options(redisctl_settings INTERFACE -Wl,--gc-sections -Wl,--as-needed)

option(REDISCTL_WERROR "Treat warnings as errors (on in the dev preset, off for packagers)" OFF)
if(REDISCTL_WERROR)
  target_compile_options(redisctl_settings INTERFACE -Werror)
endif()

set(REDISCTL_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them (address,undefined)")
if(REDISCTL_SANITIZE)
  target_compile_options(redisctl_settings INTERFACE -fsanitize=${REDISCTL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(redisctl_settings INTERFACE -fsanitize=${REDISCTL_SANITIZE})
endif()
