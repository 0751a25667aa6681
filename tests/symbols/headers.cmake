# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
# Compiles each header under DIRS alone.
set(definitions)
foreach(format IN LISTS FORMATS)
  string(TOUPPER "-DAXAS_WITH_${format}=1" definition)
  list(APPEND definitions "${definition}")
endforeach()
list(TRANSFORM DIRS PREPEND "-I" OUTPUT_VARIABLE includes)

set(count 0)
set(failed)
foreach(dir IN LISTS DIRS)
  file(GLOB_RECURSE headers RELATIVE "${dir}" "${dir}/*.h")
  foreach(header IN LISTS headers)
    file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/alone_${NAME}.c" "#include <${header}>\n")
    execute_process(
      COMMAND "${COMPILER}" ${STANDARD} -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror
        -fsyntax-only ${includes} ${definitions} "${CMAKE_CURRENT_BINARY_DIR}/alone_${NAME}.c"
      RESULT_VARIABLE status)
    math(EXPR count "${count} + 1")
    if(NOT status EQUAL 0)
      list(APPEND failed "${header}")
    endif()
  endforeach()
endforeach()
message("${count} headers")
if(failed OR count LESS 10)
  message(FATAL_ERROR "do not compile alone: ${failed}")
endif()
