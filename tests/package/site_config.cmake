# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
# A library that was built with a configuration header brings it along. Consumers compile with it without being
# told, and who tells them another cannot link.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
run(${configure} -S "${SOURCE_DIR}" -B library -DAXAS_TESTS=OFF -DAXAS_EXAMPLES=OFF
  "-DAXAS_CONFIG_HEADER=${CMAKE_CURRENT_LIST_DIR}/site_config.h")
run("${CMAKE_COMMAND}" --build library)
run("${CMAKE_COMMAND}" --install library --prefix "${WORK_DIR}/prefix")

set(consumer ${configure} -S "${CMAKE_CURRENT_LIST_DIR}/find_package" "-DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix")
run(${consumer} -B build)
run("${CMAKE_COMMAND}" --build build)
run(build/consumer)

run(${consumer} -B other "-DCMAKE_C_FLAGS=-DAXAS_CONFIG_HEADER='\"${CMAKE_CURRENT_LIST_DIR}/other_config.h\"'")
run_to_fail("axas_config_is_another_site" "${CMAKE_COMMAND}" --build other)

file(WRITE "${WORK_DIR}/no_tag.h" "")
run(${consumer} -B untagged "-DCMAKE_C_FLAGS=-DAXAS_CONFIG_HEADER='\"${WORK_DIR}/no_tag.h\"'")
run_to_fail("must define AXAS_CONFIG_TAG" "${CMAKE_COMMAND}" --build untagged)
