#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures the library against straight-line C, built by GCC and by Clang at -O2 with a kernel's flags, and ends
# with a table for each compiler. The measurements stay in build-bench-*/results.json; a run of everything also
# writes bench/RESULTS.md.
#
#     scripts/bench.sh [--format NAME] [--quick] [--compiler gcc|clang]
#
# --quick makes 3 short repetitions instead of 7.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"
cd "$top"

format=
compilers=(gcc clang)
repetitions=7
seconds=0.05
full=yes
while [ "$#" -gt 0 ]; do
    case $1 in
    --format)
        [ "$#" -ge 2 ] || die "--format wants a name"
        format=$2
        full=
        shift
        ;;
    --compiler)
        case ${2-} in
        gcc | clang) compilers=("$2") ;;
        *) die "--compiler wants gcc or clang" ;;
        esac
        full=
        shift
        ;;
    --quick)
        repetitions=3
        seconds=0.01
        full=
        ;;
    *) die "usage: scripts/bench.sh [--format NAME] [--quick] [--compiler gcc|clang]" ;;
    esac
    shift
done
if [ -n "$format" ] && [ ! -e "pt_specs/$format.yaml" ]; then
    die "there is no format $format"
fi

need_packages cmake ninja-build gcc g++ clang libc6-dev libbenchmark-dev python3 util-linux

# The last core that this process may use.
core=$(taskset -pc $$ | sed 's/.*[ ,-]//')
results=()
for compiler in "${compilers[@]}"; do
    build=build-bench-$compiler
    say "$compiler: building"
    cmake -G Ninja -S . -B "$build" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_CXX_COMPILER="${compiler/gcc/g}++" \
        -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG" "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG" \
        -DAXAS_ARCH=all -DAXAS_BENCH=ON -DAXAS_TESTS=OFF -DAXAS_EXAMPLES=OFF >/dev/null
    cmake --build "$build" --target axas_bench >/dev/null
    say "$compiler: measuring on core $core"
    taskset -c "$core" "$build/bench/axas_bench" --benchmark_filter="/${format:-[^/]*}/" \
        --benchmark_repetitions="$repetitions" --benchmark_min_time="$seconds" --benchmark_display_aggregates_only=true \
        --benchmark_out="$build/results.json" --benchmark_out_format=json 2>&1 |
        sed -un 's/_median  */ /p; /WRONG/p'
    results+=("$("$compiler" --version | sed -n '1s/=//g;1p')=$build/results.json")
done

markdown=()
[ -z "$full" ] || markdown=(--markdown bench/RESULTS.md)
python3 bench/report.py "${results[@]}" "${markdown[@]}"
[ -z "$full" ] || say "wrote bench/RESULTS.md"
