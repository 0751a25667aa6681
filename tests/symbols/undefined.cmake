# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
# Looks at the symbols that a library leaves to others: LIBRARY, or else the one of a preset with OPTIONS, which is built.
set(allowed memcpy memmove memset memcmp ${OF_THE_COMPILER})

if(NOT LIBRARY)
  execute_process(COMMAND "${CMAKE_COMMAND}" --preset "${PRESET}" -B "${BINARY_DIR}" -G "${GENERATOR}" ${OPTIONS}
    WORKING_DIRECTORY "${SOURCE_DIR}" COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
  execute_process(COMMAND "${CMAKE_COMMAND}" --build "${BINARY_DIR}" COMMAND_ERROR_IS_FATAL ANY)
  file(STRINGS "${BINARY_DIR}/CMakeCache.txt" nm REGEX "^CMAKE_NM:")
  string(REGEX REPLACE "^[^=]*=" "" nm "${nm}")
  set(LIBRARY "${BINARY_DIR}/libaxas.a")
  set(NM "${nm}")
endif()
execute_process(COMMAND "${NM}" -g -P "${LIBRARY}" OUTPUT_VARIABLE listing
  COMMAND_ERROR_IS_FATAL ANY)

# Each line is a name, a letter for what it is, and for those that are there, numbers.
string(REPLACE "\n" ";" listing "${listing}")
set(defined)
set(undefined)
foreach(line IN LISTS listing)
  if(line MATCHES "^([^ ]+) U")
    list(APPEND undefined "${CMAKE_MATCH_1}")
  elseif(line MATCHES "^([^ ]+) [A-Z] ")
    list(APPEND defined "${CMAKE_MATCH_1}")
  endif()
endforeach()
if(NOT "axas_status_str" IN_LIST defined)
  message(FATAL_ERROR "these are not the symbols of the library:\n${listing}")
endif()
list(REMOVE_DUPLICATES undefined)
list(REMOVE_ITEM undefined ${defined} ${allowed})
if(undefined)
  message(FATAL_ERROR "the library needs ${undefined}")
endif()
