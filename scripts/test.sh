#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything with GCC and with Clang, and runs every test: plain, under
# AddressSanitizer and UndefinedBehaviorSanitizer, and under ThreadSanitizer. (Among the tests are builds for each CPU
# without an operating system.) The last line is "N passed, N failed"; the exit status is 0 only when none failed.
#
#     scripts/test.sh [PRESET...]     by default: gcc clang asan tsan
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"
cd "$top" || exit 1

# vgabios: Bochs looks for it, and its package leaves it out where QEMU has brought seabios.
need_packages cmake ninja-build gcc g++ libc6-dev pkg-config clang lld llvm libclang-rt-dev clang-format \
    libcriterion-dev libbenchmark-dev python3 python3-jinja2 python3-yaml python3-jsonschema \
    qemu-system-arm qemu-system-misc qemu-system-x86 bochs bochs-term vgabios chromium

export CMAKE_GENERATOR=Ninja
jobs=$(nproc)
passed=0
failed=0
summary=()
judges=()

# step NAME COMMAND...: its output is shown only if it fails, which counts as one failed test.
step() {
    local name=$1 log
    shift
    log=$(mktemp)
    say "$name"
    if "$@" >"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    tail -n 60 "$log"
    rm -f "$log"
    failed=$((failed + 1))
    summary+=("FAILED  $name")
    return 1
}

# tests PRESET: runs CTest, lets its progress through and adds up what it says. What does not depend on the
# compiler runs the first time only.
skipped=()
tests() {
    local preset=$1 log total bad cases
    log=$(mktemp)
    say "$preset: testing"
    ctest --preset "$preset" -j "$jobs" "${skipped[@]}" | tee "$log"
    skipped=(-LE any_compiler)
    total=$(sed -n 's/^.*tests passed, \([0-9]*\) tests* failed out of \([0-9]*\)$/\1 \2/p' "$log")
    rm -f "$log"
    if [ -z "$total" ]; then
        failed=$((failed + 1))
        summary+=("FAILED  $preset: CTest ran no tests")
        return
    fi
    bad=${total% *}
    total=${total#* }
    passed=$((passed + total - bad))
    failed=$((failed + bad))
    cases=$(awk '/Synthesis: Tested:/ { n += $4 } END { print n + 0 }' \
        "build-$preset/Testing/Temporary/LastTest.log")
    summary+=("$(printf '%4d of %4d passed  %s (Criterion ran %d cases in them)' \
        $((total - bad)) "$total" "$preset" "$cases")")
    # What the emulated CPUs and the broken specifications said.
    mapfile -t -O "${#judges[@]}" judges < <(grep -hE '^[a-z0-9_]+: [0-9]+ (probes|mutants), ' \
        "build-$preset/Testing/Temporary/LastTest.log")
}

# by_format: adds up what the runs for a format said, and makes one line of it. Some formats run on several CPUs, and
# for some there is no emulator.
by_format() {
    awk '
        $3 == "probes," {
            probes[$1] += $2; disagreements[$1] += $4
            both[$1] += $6; controls[$1] += $8; library[$1] += $13
        }
        $3 == "mutants," { refused[$1] += $4; caught[$1] += $12; explained[$1] += $14; missed[$1] += $17 }
        END {
            for (format in probes) {
                line[format] = sprintf(" %d probes, %d disagreements, %d of %d negative controls caught " \
                    "(%d by the library alone),", probes[format], disagreements[format],
                    both[format] + library[format], controls[format], library[format])
            }
            for (format in caught) {
                line[format] = line[format] sprintf(" %d of %d specification mutants caught " \
                    "(%d explained, %d more refused by the checks)", caught[format],
                    caught[format] + explained[format] + missed[format], explained[format], refused[format])
            }
            for (format in line) {
                print format line[format]
            }
        }' | sort
}

if [ "$#" -eq 0 ]; then
    set -- gcc clang asan tsan
fi
for preset in "$@"; do
    step "$preset: configuring" cmake --preset "$preset" -DAXAS_EVERY_TEST=ON || continue
    step "$preset: building" cmake --build --preset "$preset" --parallel "$jobs" || continue
    case $preset in
    *-none-elf)
        passed=$((passed + 1))
        summary+=("   1 of    1 passed  $preset (it builds)")
        ;;
    *) tests "$preset" ;;
    esac
done

say "summary"
printf '%s\n' "${summary[@]}"
[ "${#judges[@]}" -eq 0 ] || printf '%s\n' "${judges[@]}" | by_format
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
