#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Boots a ROM in an emulated PC of one CPU and 64 MiB, without a window, and shows what it prints. The exit status
# is the one that the program's last line says (pc.c), 125 if there is no such line, 124 after too long.
#
#     boot.sh bochs|qemu|iommu ROM [CPU [SECONDS [ARGUMENT...]]]
#
# CPU is the name that the emulator has for it; the arguments are for QEMU. "iommu" is QEMU with an Intel IOMMU and the
# device "edu", whose time goes by as the CPU's instructions do.
set -euo pipefail

emulator=$1
rom=$2
seconds=${4:-60}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

boot_bochs() {
    cp "$rom" "$scratch/rom" # its own path may hold what Bochs takes for the end of a name
    cat >"$scratch/bochsrc" <<END
plugin_ctrl: biosdev=0, speaker=0, extfpuirq=0, parallel=0, serial=0, gameport=0, iodebug=0, unmapped=1
config_interface: textconfig
display_library: term
romimage: file=$scratch/rom, address=$(printf 0x%x $((0x100000000 - $(stat -c %s "$rom")))), options=none
cpu: model=$1, count=1, ips=100000000, reset_on_triple_fault=0
memory: guest=64, host=64
port_e9_hack: enabled=1
clock: sync=none
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
log: $scratch/log
END
    # This may be Bochs with its debugger, which waits for "continue", speaks before and after the program, and
    # does not heed TERM.
    echo c >"$scratch/commands"
    TERM=dumb timeout -s KILL "$seconds" bochs -q -f "$scratch/bochsrc" -rc "$scratch/commands" \
        </dev/null 2>"$scratch/errors" |
        sed -u -e '/^=====/,/^=====/d' -e '/^Next at t=/d' -e '/^(0)/d'
}

boot_qemu() {
    local cpu=$1
    shift
    timeout -s KILL "$seconds" qemu-system-x86_64 "$@" -cpu "$cpu" -m 64 -bios "$rom" -display none -nic none \
        -debugcon stdio -device isa-debug-exit,iobase=0xf4,iosize=4 -no-reboot </dev/null 2>"$scratch/errors"
}

# The emulators' own status says nothing but that time was up.
status=0
case $emulator in
bochs) boot_bochs "${3:-corei7_skylake_x}" | tee "$scratch/output" || status=$? ;;
qemu) boot_qemu "${3:-max}" -M pc "${@:5}" | tee "$scratch/output" || status=$? ;;
iommu)
    boot_qemu "${3:-max}" -M q35,kernel-irqchip=off -device intel-iommu,aw-bits=48,snoop-control=on \
        -device edu,dma_mask=0xffffffffffffffff -icount shift=10,sleep=off "${@:5}" | tee "$scratch/output" ||
        status=$?
    ;;
*)
    echo "$(basename "$0"): no emulator '$emulator'" >&2
    exit 2
    ;;
esac

said=$(sed -n 's/^exit status \([0-9]*\)$/\1/p' "$scratch/output" | tail -n 1)
if [ -n "$said" ]; then
    exit "$said"
fi
[ "$status" -ne 137 ] || exit 124
tail -n 20 "$scratch/errors" >&2
[ ! -e "$scratch/log" ] || tail -n 20 "$scratch/log" >&2
exit 125
