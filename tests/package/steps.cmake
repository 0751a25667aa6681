# SPDX-License-Identifier: Apache-2.0
# What the scripts beside it have in common. WORK_DIR is theirs alone.
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")

# Runs a command, which must succeed; its output goes to `printed`.
macro(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${WORK_DIR}"
    OUTPUT_VARIABLE printed ERROR_VARIABLE printed RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "exit status ${status} of ${ARGN}:\n${printed}")
  endif()
endmacro()

# Runs a command, which must fail and print something that matches `regex`, however its lines are broken.
macro(run_to_fail regex)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${WORK_DIR}"
    OUTPUT_VARIABLE printed ERROR_VARIABLE printed RESULT_VARIABLE status)
  if(status EQUAL 0)
    message(FATAL_ERROR "should have failed: ${ARGN}:\n${printed}")
  endif()
  string(REGEX REPLACE "[ \n]+" " " on_one_line "${printed}")
  if(NOT on_one_line MATCHES "${regex}")
    message(FATAL_ERROR "should have printed what matches '${regex}': ${ARGN}:\n${printed}")
  endif()
endmacro()

set(configure "${CMAKE_COMMAND}" -G "${GENERATOR}" "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}"
  "-DCMAKE_C_COMPILER=${CC}" -DCMAKE_BUILD_TYPE=Debug)
