# SPDX-License-Identifier: Apache-2.0
# `metal` for VMX with EPT, `metal_npt` for SVM with nested paging, `metal_npt_la57` for the same on a host whose own
# tables have five levels, `metal_vtd` for an IOMMU.
target_sources(metal PRIVATE
  "${hypervisor}/x86_64/pc.c"
  "${hypervisor}/x86_64/rom.S"
  "${hypervisor}/x86_64/start.S")
target_include_directories(metal PRIVATE "${metal}/x86_64" "${hypervisor}/x86_64")

get_target_property(shared metal SOURCES)
set(guest
  "${metal}/x86_64/home.S"
  "${metal}/x86_64/probe.c"
  "${metal}/x86_64/roots.c")
foreach(program IN ITEMS metal_npt metal_npt_la57)
  add_executable(${program} ${shared} ${guest}
    "${metal}/x86_64/npt.c"
    "${metal}/x86_64/svm_enter.S")
endforeach()
target_compile_definitions(metal_npt_la57 PRIVATE ROM_LA57)
add_executable(metal_vtd ${shared}
  "${metal}/x86_64/vtd.c")
foreach(program IN ITEMS metal_npt metal_npt_la57 metal_vtd)
  target_include_directories(${program} PRIVATE $<TARGET_PROPERTY:metal,INCLUDE_DIRECTORIES>)
  target_link_libraries(${program} PRIVATE axas)
  set_target_properties(${program} PROPERTIES SUFFIX .elf)
endforeach()

target_sources(metal PRIVATE
  ${guest}
  "${hypervisor}/x86_64/arch.c"
  "${hypervisor}/x86_64/vmx.c"
  "${hypervisor}/x86_64/vmx_enter.S"
  "${metal}/x86_64/ept.c")

foreach(program IN ITEMS metal metal_npt metal_npt_la57 metal_vtd)
  axas_bare_metal(${program} "${hypervisor}/x86_64/hypervisor.ld")
  axas_pc_rom(${program})
endforeach()
