# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
# Runs PROGRAM, which must succeed and print what the file EXPECTED holds. Lines that name a register are left
# out: each format has others.
execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE printed RESULT_VARIABLE status)
message("${printed}")
if(NOT status EQUAL 0)
  message(FATAL_ERROR "exit status ${status}")
endif()
string(REGEX REPLACE "register [^\n]*\n" "" printed "${printed}")
file(READ "${EXPECTED}" expected)
if(NOT printed STREQUAL expected)
  message(FATAL_ERROR "expected:\n${expected}")
endif()
