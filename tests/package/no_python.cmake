# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
# Where no Python has the generator's modules, the library and its examples are built from what is committed;
# only regenerating and the tests say what they lack.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
file(WRITE "${WORK_DIR}/modules/jinja2.py" "raise ImportError('as if it were not installed')\n")
set(ENV{PYTHONPATH} "${WORK_DIR}/modules")
set(missing "python3-jinja2 python3-yaml python3-jsonschema")

run(${configure} -S "${SOURCE_DIR}" -B build)
string(REGEX REPLACE "[ \n]+" " " printed "${printed}")
if(NOT printed MATCHES "Building without the tests: [^.]*${missing}")
  message(FATAL_ERROR "should have said what the tests lack:\n${printed}")
endif()
run("${CMAKE_COMMAND}" --build build)
run(build/examples/quickstart)
run_to_fail("${missing}" "${CMAKE_COMMAND}" --build build --target generate)
run_to_fail("AXAS_TESTS is on, but .*${missing}" ${configure} -S "${SOURCE_DIR}" -B tests -DAXAS_TESTS=ON)
