# Shared by the consumer projects: one program per prefopt target, each run by the project's own tests.
enable_testing()

# add_consumer(<source without .cpp> <library>)
function(add_consumer name library)
  add_executable(${name} "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${name}.cpp")
  target_link_libraries(${name} PRIVATE ${library})
  add_test(NAME ${name} COMMAND ${name})
endfunction()
