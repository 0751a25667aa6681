# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
# A library that was built with a configuration header brings it along. Consumers compile with it without being
# told, and who tells them another cannot link.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
run(${configure} -S "${SOURCE_DIR}" -B library -DAXAS_HOSTED=OFF -DAXAS_TESTS=OFF -DAXAS_EXAMPLES=OFF
  "-DAXAS_CONFIG_HEADER=${CMAKE_CURRENT_LIST_DIR}/site/site_config.h")
run("${CMAKE_COMMAND}" --build library)
run("${CMAKE_COMMAND}" --install library --prefix "${WORK_DIR}/prefix")

set(site ${configure} -S "${CMAKE_CURRENT_LIST_DIR}/site" "-DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix")
run(${site} -B build)
run("${CMAKE_COMMAND}" --build build)
run(build/site)

run(${site} -B other "-DCMAKE_C_FLAGS=-DAXAS_CONFIG_HEADER='\"${WORK_DIR}/other.h\"'")
file(READ "${CMAKE_CURRENT_LIST_DIR}/site/site_config.h" header)
string(REPLACE "a_site" "another_site" header "${header}")
file(WRITE "${WORK_DIR}/other.h" "${header}")
run_to_fail("axas_config_is_another_site" "${CMAKE_COMMAND}" --build other)

file(WRITE "${WORK_DIR}/no_tag.h" "")
run(${site} -B untagged "-DCMAKE_C_FLAGS=-DAXAS_CONFIG_HEADER='\"${WORK_DIR}/no_tag.h\"'")
run_to_fail("must define AXAS_CONFIG_TAG" "${CMAKE_COMMAND}" --build untagged)
