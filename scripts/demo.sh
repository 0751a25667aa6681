#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Boots the tiny hypervisor of examples/hypervisor in an emulator. The exit status is 0 only when all went as
# it should.
#
#     scripts/demo.sh [ARCHITECTURE|all [BUILD_DIRECTORY [CPU]]]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

seconds=60 # it takes one; this is for machines that hang

archs=(aarch64 riscv64 x86_64)
arch=${1:-aarch64}
if [ "$arch" = all ]; then
    failed=()
    for arch in "${archs[@]}"; do
        "$0" "$arch" ${2:+"$2/$arch"} || failed+=("$arch")
    done
    [ "${#failed[@]}" -eq 0 ] || die "it failed for ${failed[*]}"
    exit 0
fi
build=${2:-$top/build-demo-$arch}
cpu=${3:-} # the name that the emulator has for it; by default one with all the features that it knows

case $arch in
aarch64)
    packages=(qemu-system-arm)
    emulator=(qemu-system-aarch64 -M "virt,virtualization=on" -cpu "${cpu:-max}" -m 256 -semihosting
        -nographic -nic none -kernel "$build/examples/hypervisor/hypervisor.elf")
    ;;
x86_64)
    # Bochs looks for vgabios, which its package leaves out where seabios is there.
    packages=(bochs bochs-term vgabios)
    emulator=("$top/examples/hypervisor/x86_64/boot.sh" bochs "$build/examples/hypervisor/hypervisor.rom"
        "${cpu:-corei7_skylake_x}")
    ;;
riscv64)
    packages=(qemu-system-misc)
    emulator=(qemu-system-riscv64 -M virt -cpu "${cpu:-rv64,h=true,svpbmt=true}" -m 256 -bios none
        -nographic -nic none -kernel "$build/examples/hypervisor/hypervisor.elf")
    ;;
*)
    die "there is no demo for '$arch'; there is one for: ${archs[*]}, and all of them"
    ;;
esac

need_packages "${packages[@]}" clang lld llvm cmake ninja-build

say "building for $arch in $build"
cmake -S "$top" -B "$build" -G Ninja --log-level=WARNING \
    -DAXAS_ARCH="$arch" -DCMAKE_TOOLCHAIN_FILE="$top/cmake/toolchain-$arch-none-elf.cmake" >/dev/null
cmake --build "$build" --target hypervisor -- --quiet

say "booting it at the hypervisor's privilege level: ${emulator[*]}"
status=0
timeout "$seconds" "${emulator[@]}" </dev/null || status=$?
case $status in
0) say "all went as it should" ;;
124) say "FAILED: it did not end within $seconds seconds" ;;
*) say "FAILED: exit status $status" ;;
esac
exit "$status"
