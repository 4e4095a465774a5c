# redisctl_folder(NAME FOLDERS… LIBRARIES…): the static library of one folder, linked only to the folders it may include.
function(redisctl_folder name)
  cmake_parse_arguments(arg "" "" "FOLDERS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(redisctl_${name} STATIC ${sources})
  list(TRANSFORM arg_FOLDERS PREPEND redisctl_)
  target_link_libraries(redisctl_${name} PUBLIC ${arg_FOLDERS} fmt::fmt PRIVATE ${arg_LIBRARIES} redisctl_settings)
endfunction()
