# SPDX-License-Identifier: Apache-2.0
# Two programs: `metal` for VMX with EPT, `metal_npt` for SVM with nested paging.
target_sources(metal PRIVATE
  "${hypervisor}/x86_64/pc.c"
  "${hypervisor}/x86_64/rom.S"
  "${hypervisor}/x86_64/start.S"
  "${metal}/x86_64/home.S"
  "${metal}/x86_64/probe.c"
  "${metal}/x86_64/roots.c")
target_include_directories(metal PRIVATE "${metal}/x86_64" "${hypervisor}/x86_64")

get_target_property(shared metal SOURCES)
add_executable(metal_npt ${shared}
  "${metal}/x86_64/npt.c"
  "${metal}/x86_64/svm_enter.S")
target_include_directories(metal_npt PRIVATE $<TARGET_PROPERTY:metal,INCLUDE_DIRECTORIES>)
target_link_libraries(metal_npt PRIVATE axas)
set_target_properties(metal_npt PROPERTIES SUFFIX .elf)

target_sources(metal PRIVATE
  "${hypervisor}/x86_64/arch.c"
  "${hypervisor}/x86_64/vmx.c"
  "${hypervisor}/x86_64/vmx_enter.S"
  "${metal}/x86_64/ept.c")

foreach(program IN ITEMS metal metal_npt)
  axas_bare_metal(${program} "${hypervisor}/x86_64/hypervisor.ld")
  axas_pc_rom(${program})
endforeach()
