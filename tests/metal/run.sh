#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Holds one format against an emulated CPU's own walker. The exit status is 0 only when both agree everywhere.
#
#     tests/metal/run.sh FORMAT [--seed NUMBER] [--probes NUMBER] [--cpu NAME] [--build DIRECTORY] [--debug]
#         [--emulator bochs|qemu] [--la57] [--identified TEXT]
#
# FORMAT is aarch64_stage2, aarch64_stage2_16k, aarch64_stage2_64k, aarch64_stage2_lpa2, aarch64_stage2_16k_lpa2,
# armv7_lpae_stage2, loongarch64_stage2, loongarch64_stage2_16k, riscv32_gstage, riscv64_gstage, x86_64_ept, x86_64_npt
# or vtd_second_stage. --debug waits for a debugger at port 1234 (not in Bochs). Bochs also has CPUs for x86_64_npt, for
# instance --emulator bochs --cpu ryzen; --la57 is for x86_64_npt in QEMU: the host's own tables, and so the nested ones,
# have five levels. --identified is what the CPU is known to say of itself (the line "identified:" of the output): if it
# says something else the run has failed.
set -euo pipefail
metal=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$metal/../.." && pwd)
# shellcheck source=scripts/lib.sh
. "$top/scripts/lib.sh"

seconds=240 # it takes a few; this is for slow machines, and for machines that hang
seed=
probes=
cpu=
emulator=
build=
la57=
identified=
debug=()

format=${1:-}
[ "$#" -eq 0 ] || shift
while [ "$#" -gt 0 ]; do
    case $1 in
    --seed) seed=$2 && shift ;;
    --probes) probes=$2 && shift ;;
    --cpu) cpu=$2 && shift ;;
    --emulator) emulator=$2 && shift ;;
    --build) build=$2 && shift ;;
    --la57) la57=_la57 ;;
    --identified) identified=$2 && shift ;;
    --debug) debug=(-s -S) && seconds=86400 ;;
    *) die "unknown option '$1'" ;;
    esac
    [ "$#" -gt 0 ] || die "an option lacks its value"
    shift
done

arch=${format%_*}
program=metal
chosen=
case $format in
aarch64_stage2 | aarch64_stage2_16k | aarch64_stage2_64k | aarch64_stage2_lpa2 | aarch64_stage2_16k_lpa2)
    arch=aarch64
    chosen=$format
    packages=(qemu-system-arm)
    emulate=(qemu-system-aarch64 -M "virt,virtualization=on" -cpu "${cpu:-max}" -m 256 -semihosting)
    ;;
armv7_lpae_stage2)
    arch=arm
    packages=(qemu-system-arm)
    emulate=(qemu-system-aarch64 -M "virt,virtualization=on" -cpu "${cpu:-cortex-a15}" -m 256 -semihosting)
    ;;
loongarch64_stage2 | loongarch64_stage2_16k)
    arch=loongarch64
    chosen=$format
    packages=(qemu-system-misc libc6-dev)
    emulate=(qemu-system-loongarch64 -M "virt,memory-backend=memory" -cpu "${cpu:-la464-loongarch-cpu}" -m 1G
        -device "loader,addr=0x90000000,cpu-num=0")
    ;;
riscv32_gstage)
    packages=(qemu-system-misc)
    emulate=(qemu-system-riscv32 -M virt -cpu "${cpu:-rv32,h=true}" -m 256 -bios none)
    ;;
riscv64_gstage)
    packages=(qemu-system-misc)
    emulate=(qemu-system-riscv64 -M virt -cpu "${cpu:-rv64,h=true,svnapot=true,svpbmt=true}" -m 256 -bios none)
    ;;
x86_64_ept)
    emulator=bochs
    ;;
x86_64_npt)
    emulator=${emulator:-qemu}
    program=metal_npt$la57
    ;;
vtd_second_stage)
    arch=x86_64
    emulator=iommu
    program=metal_vtd
    ;;
*) die "there is no format '$format' to run; see the head of this script" ;;
esac
if [ "$arch" = x86_64 ]; then
    packages=(qemu-system-x86)
    [ "$emulator" != bochs ] || packages=(bochs bochs-term)
    emulate=("$top/examples/hypervisor/x86_64/boot.sh" "$emulator")
fi
build=${build:-$top/build-metal-$arch}
seconds=$((seconds + ${probes:-0} / 1000))

toolchain=("-DCMAKE_TOOLCHAIN_FILE=$top/cmake/toolchain-$arch-none-elf.cmake")
[ "$arch" != loongarch64 ] || toolchain=(-DCMAKE_C_COMPILER=clang) # for this machine, beside the emulator

need_packages "${packages[@]}" clang lld llvm cmake ninja-build
cmake -S "$metal/program" -B "$build" -G Ninja --log-level=WARNING -DAXAS_ARCH="$arch" "${toolchain[@]}" >/dev/null
cmake --build "$build" --target "$program" -- --quiet

# options_at FILE: where in the image the options are.
options_at() {
    local at
    at=$(LC_ALL=C grep -abo AXASMETALOPTIONS "$1" | cut -d: -f1)
    [[ $at =~ ^[0-9]+$ ]] || die "the image does not hold the options exactly once"
    echo "$at"
}

# patch_option FILE INDEX VALUE: one of the numbers that follow the magic word of the options (report.h).
patch_option() {
    local at bytes='' i
    at=$(options_at "$1")
    for i in 0 1 2 3 4 5 6 7; do
        bytes+=$(printf '\\x%02x' $(($3 >> (8 * i) & 255)))
    done
    # shellcheck disable=SC2059 # the escapes are the format
    printf "$bytes" | dd of="$1" bs=1 seek=$((at + 16 + 8 * $2)) conv=notrunc status=none
}

suffix=elf
[ "$arch" != x86_64 ] || suffix=rom
image=$(mktemp "$build/$format.XXXXXX")
trap 'rm -f "$image" "$image.output" "$image.memory"' EXIT
cp "$build/$program.$suffix" "$image"
[ -z "$seed" ] || patch_option "$image" 0 "$seed"
[ -z "$probes" ] || patch_option "$image" 1 "$probes"
[ -z "$chosen" ] ||
    printf '%s' "$chosen" | dd of="$image" bs=1 seek=$(($(options_at "$image") + 32)) conv=notrunc status=none

run_image() {
    case $arch in
    x86_64) "${emulate[@]}" "$image" "$cpu" "$seconds" "${debug[@]}" ;;
    loongarch64) # the library runs on this machine, and starts the emulator, with which it shares a file as memory
        chmod u+x "$image"
        timeout "$seconds" "$image" "$image.memory" "$build/cpu.bin" "${emulate[@]}" -nographic -nic none \
            -object memory-backend-file,id=memory,size=1G,mem-path="$image.memory",share=on "${debug[@]}" </dev/null
        ;;
    *) timeout "$seconds" "${emulate[@]}" -nographic -nic none "${debug[@]}" -kernel "$image" </dev/null ;;
    esac
}

status=0
run_image | tee "$image.output" || status=$?
if [ "$status" -eq 0 ] && ! grep -qF -- "  identified: $identified" "$image.output"; then
    say "FAILED: this CPU is known as: $identified"
    exit 1
fi
case $status in
0) ;;
124) say "FAILED: it did not end within $seconds seconds" ;;
*) say "FAILED: exit status $status" ;;
esac
exit "$status"
