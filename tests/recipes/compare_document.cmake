# Fails unless PROGRAM GOLDEN prints what is in DOCUMENT.
execute_process(COMMAND "${PROGRAM}" "${GOLDEN}" OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
file(READ "${DOCUMENT}" written)
if(NOT printed STREQUAL written)
  message(FATAL_ERROR "${DOCUMENT} is out of date: build/release/bin/objectives_table tests/golden > docs/objectives.md")
endif()
