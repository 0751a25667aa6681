# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
# Runs PROGRAM, which must fail and print something that matches REGEX.
execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE printed ERROR_VARIABLE printed RESULT_VARIABLE status)
message("exit status ${status}, printed:\n${printed}")
if(status EQUAL 0)
  message(FATAL_ERROR "should have failed")
endif()
if(NOT printed MATCHES "${REGEX}")
  message(FATAL_ERROR "should have printed what matches '${REGEX}'")
endif()
