# SPDX-License-Identifier: Apache-2.0
# The tools that only the generator and the tests need.

set(AXAS_PYTHON_MISSING
  "no Python 3 can import jinja2, yaml and jsonschema (Debian packages: python3 python3-jinja2 python3-yaml python3-jsonschema)")

# Sets `result` to a Python that has the generator's modules, or to a false value. The first python3 in PATH
# need not be one: the packages of the distribution belong to the one in /usr/bin.
function(axas_find_python result)
  if(NOT AXAS_PYTHON_EXECUTABLE)
    find_program(python_in_path NAMES python3 NO_CACHE)
    foreach(python IN ITEMS "${python_in_path}" /usr/bin/python3 /usr/local/bin/python3)
      if(EXISTS "${python}")
        execute_process(COMMAND "${python}" -c "import jinja2, yaml, jsonschema"
          RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
        if(failed EQUAL 0)
          set(AXAS_PYTHON_EXECUTABLE "${python}" CACHE FILEPATH "Python 3 with jinja2, yaml and jsonschema")
          break()
        endif()
      endif()
    endforeach()
  endif()
  set(${result} "${AXAS_PYTHON_EXECUTABLE}" PARENT_SCOPE)
endfunction()

# Sets `result` to a sentence about what the tests lack, or to nothing.
function(axas_find_test_tools result)
  set(missing)
  axas_find_python(python)
  if(NOT python)
    list(APPEND missing "${AXAS_PYTHON_MISSING}")
  endif()
  if(NOT AXAS_SANITIZE MATCHES "thread") # Criterion does not start under ThreadSanitizer
    find_path(AXAS_CRITERION_INCLUDE criterion/criterion.h)
    find_library(AXAS_CRITERION_LIBRARY criterion)
    mark_as_advanced(AXAS_CRITERION_INCLUDE AXAS_CRITERION_LIBRARY)
    if(NOT AXAS_CRITERION_INCLUDE OR NOT AXAS_CRITERION_LIBRARY)
      list(APPEND missing "Criterion was not found (Debian package: libcriterion-dev)")
    endif()
  endif()
  list(JOIN missing "; " sentence)
  set(${result} "${sentence}" PARENT_SCOPE)
endfunction()
