#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures the library against straight-line C, built by GCC and by Clang at -O2 with a kernel's flags, and ends with
# one table of every row and a summary of what each compiler met. Google Benchmark's own measurements stay in
# build-bench/gcc/ and build-bench/clang/; results.json, RESULTS.md and a chart, RESULTS.svg, are beside them. A run of
# everything also writes bench/RESULTS.md and bench/RESULTS.svg.
#
# First Callgrind counts the instructions of what is timed, on all cores: they are the same on a busy machine.
#
# The repetitions of all rows of a mode are made in random order, and the compilers take turns, mode by mode: where
# other guests of the same machine slow it down for a while, work and floors are slower alike. That is not enough
#
# - where one uses the other thread of the same core, or, for work of two threads, the second core. bench/calm.py sees
#   both by work of which nothing is judged. Such a mode's rows are measured again, up to three times, and their calmest
#   run counts. When that calms less than a third of them, the machine stays busy, and no further try is made.
# - for what waits for the cache and the memory that all guests share: tables of 16 GiB, faults in random order, splits,
#   areas, copies. Where repetitions of those are far apart, twice as many more are made, and all of them count.
#
#     scripts/bench.sh [--format NAME] [--quick] [--compiler gcc|clang] [--again | --report]
#
# --quick makes 3 short repetitions instead of 7, once. --again measures only what was disturbed in the last run, unless
# that was quick, with the programs of that run. --report measures nothing: it writes the results of the last run again,
# with what bench/NOTES.md says now. A run that is stopped while it measures again can be reported, too.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"
cd "$top"

format=
compilers=(gcc clang)
repetitions=7
seconds=0.01
full=yes
quick=
measure=yes
again=
tries=3
out=build-bench
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
        quick=yes
        repetitions=3
        seconds=0.002
        tries=0
        full=
        ;;
    --again)
        measure=
        again=yes
        ;;
    --report)
        measure=
        tries=0
        ;;
    *) die "usage: scripts/bench.sh [--format NAME] [--quick] [--compiler gcc|clang] [--again | --report]" ;;
    esac
    shift
done
if [ -n "$format" ] && [ ! -e "pt_specs/$format.yaml" ]; then
    die "there is no format $format"
fi

need_packages cmake ninja-build gcc g++ clang libc6-dev libbenchmark-dev util-linux \
    python3 python3-jinja2 python3-yaml python3-jsonschema python3-matplotlib valgrind
python=$(python_with matplotlib)

# build COMPILER
build() {
    say "$1: building"
    cmake -G Ninja -S . -B "build-bench-$1" -DCMAKE_C_COMPILER="$1" -DCMAKE_CXX_COMPILER="${1/gcc/g}++" \
        -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG" "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG" \
        -DAXAS_ARCH=all -DAXAS_BENCH=ON -DAXAS_TESTS=OFF -DAXAS_EXAMPLES=OFF >/dev/null
    cmake --build "build-bench-$1" --target axas_bench >/dev/null
}

# The work that is measured together, as what its rows' names begin with: all but two threads; these; and of the first
# what gets more repetitions where they are far apart (report.FAR_APART).
declare -A parts=(
    [core]='([^W][^/]*|W([^9]|9-[^t])[^/]*)'
    [threads]='W9-threads[^/]*'
    [16g]='(W4|walk|chase)-16g[^/]*'
    [faults]='(W9-random|swap-random|lock-pair|find-10)'
    [splits]='(W8|fill-split)'
    [areas]='(W10-[^/]*|find-10+)'
    [copies]='(W11|memcpy)-(4k|1m)'
)

# benchmark COMPILER FORMAT/MODE PART OPTION...: the program, pinned.
benchmark() {
    local compiler=$1 mode=$2 part=$3
    shift 3
    taskset -c "$core" "build-bench-$compiler/bench/axas_bench" --benchmark_filter="^${parts[$part]}/$mode/" "$@"
}

# Reads what the program prints, and says which row of how many is done, and how long the others will take.
progress() {
    local line name rest
    while read -r line; do
        case $line in
        *_median*)
            name=${line%%/real_time_median*}
            done_rows=$((done_rows + 1))
            rest=$(((SECONDS - started) * (all_rows - done_rows) / done_rows))
            if [ -t 1 ]; then
                printf '\r\033[K'
            fi
            printf '%s: row %d of %d, %d:%02d left: %s' \
                "$1" "$done_rows" "$all_rows" $((rest / 60)) $((rest % 60)) "$name"
            if [ ! -t 1 ]; then
                printf '\n'
            fi
            ;;
        *WRONG* | bench:*) printf '\n%s\n' "$line" ;;
        esac
    done
    printf '\n'
    printf '%d\n' "$done_rows" >"$out/done"
}

# measure COMPILER FORMAT/MODE PART REPETITIONS DIRECTORY: three times as many of two threads, which take no time and
# which another guest disturbs most.
measure() {
    local times=$4
    if [ "$3" = threads ]; then
        times=$((3 * times))
    fi
    benchmark "$1" "$2" "$3" --benchmark_repetitions="$times" --benchmark_min_time="$seconds" \
        --benchmark_enable_random_interleaving=true --benchmark_display_aggregates_only=true \
        --benchmark_out="$5/${2/\//.}.$3.json" --benchmark_out_format=json 2>&1 |
        progress "$1"
    done_rows=$(<"$out/done")
}

# find_runs COMMAND: puts COMPILER FORMAT/MODE PART PERCENT into found, of what calm.py's command names.
find_runs() {
    local compiler
    found=()
    for compiler in gcc clang; do
        if [ -e "$out/$compiler" ]; then
            mapfile -t -O "${#found[@]}" found < <(
                "$python" bench/calm.py "$1" "$out/$compiler" | sed "s/^/$compiler /"
            )
        fi
    done
}

# Begins to count the rows of what was found.
start_found() {
    local run compiler mode part
    all_rows=$(for run in "${found[@]}"; do
        read -r compiler mode part _ <<<"$run"
        benchmark "$compiler" "$mode" "$part" --benchmark_list_tests
    done | wc -l)
    done_rows=0
    started=$SECONDS
}

# Measures again what was disturbed, and keeps the calmer run.
measure_again() {
    local run compiler mode part before now
    say "measuring ${#found[@]} again that were disturbed"
    start_found
    for run in "${found[@]}"; do
        read -r compiler mode part before <<<"$run"
        rm -rf "$out/again"
        mkdir "$out/again"
        measure "$compiler" "$mode" "$part" "$repetitions" "$out/again"
        read -r _ _ now < <("$python" bench/calm.py all "$out/again" "$out/$compiler")
        if [ "$now" -lt "$before" ]; then
            mv "$out/again/"*.json "$out/$compiler/"
        fi
        say "$compiler $mode, $part: was $before % slower than a calm machine, now $now %"
    done
    rm -r "$out/again"
}

# Measures more of what has repetitions that are far apart.
measure_more() {
    local run compiler mode part
    find_runs apart
    [ "${#found[@]}" -gt 0 ] || return 0
    say "measuring more of ${#found[@]} with repetitions that are far apart"
    start_found
    for run in "${found[@]}"; do
        read -r compiler mode part _ <<<"$run"
        measure "$compiler" "$mode" "$part" $((2 * repetitions)) "$out/$compiler"
    done
}

# count PROGRAM ROWS FILE: the instructions of these rows.
count() {
    valgrind --tool=callgrind --instr-atstart=no --combine-dumps=yes --dump-line=no --callgrind-out-file="$3" \
        "$1" --benchmark_filter="$2" >"$3.log" 2>&1 || {
        cat "$3.log" >&2
        return 1
    }
    rm "$3.log"
    printf 'counted %s\n' "$3"
}
export -f count

# Counts those that are judged and their floors, of all modes. What clears guest memory takes long, and is none of them.
count_all() {
    local compiler mode
    # shellcheck disable=SC2016
    for mode in "${modes[@]}"; do
        for compiler in "${compilers[@]}"; do
            printf '%s\0' "build-bench-$compiler/bench/axas_bench" \
                "^([^/]*/$mode/(table|inline)|[^/]*([^e]|large)/$mode/floor|W(9-(order|random)|1[01]-[^/]*)/$mode/space)" \
                "$out/$compiler/${mode/\//.}.counts"
        done
    done | xargs -0 -n 3 -P "$(nproc)" bash -c 'count "$0" "$1" "$2"'
}

# The last core that this process may use.
core=$(taskset -pc $$ | sed 's/.*[ ,-]//')
if [ -n "$measure" ]; then
    mkdir -p "$out"
    rm -rf "$out"/*.json "$out/gcc" "$out/clang" "$out/full" "$out/quick"
    for compiler in "${compilers[@]}"; do
        build "$compiler"
        mkdir "$out/$compiler"
    done
    [ -z "$full" ] || "$here/codesize.sh"
    names=$("build-bench-${compilers[0]}/bench/axas_bench" --benchmark_list_tests \
        --benchmark_filter="^[^/]*/${format:-[^/]*}/")
    mapfile -t modes < <(cut -d / -f 2,3 <<<"$names" | awk '!seen[$0]++')
    say "counting the instructions of ${#modes[@]} modes for each compiler"
    count_all
    rows=$(wc -l <<<"$names")
    all_rows=$((rows * ${#compilers[@]}))
    done_rows=0
    started=$SECONDS
    say "measuring $rows rows of ${#modes[@]} modes for each compiler on core $core"
    measured=(core)
    if grep -Eq "^${parts[threads]}/" <<<"$names"; then
        measured+=(threads)
    fi
    for mode in "${modes[@]}"; do
        for compiler in "${compilers[@]}"; do
            for part in "${measured[@]}"; do
                measure "$compiler" "$mode" "$part" "$repetitions" "$out/$compiler"
            done
        done
    done
    [ -n "$quick" ] || measure_more
    [ -z "$full" ] || touch "$out/full"
    [ -z "$quick" ] || touch "$out/quick"
fi
if [ -n "$again" ] && [ -e "$out/quick" ]; then
    die "the last run was a quick one, which is not measured again: run scripts/bench.sh without --quick first"
fi
found=()
[ "$tries" -eq 0 ] || find_runs disturbed
while [ "${#found[@]}" -gt 0 ] && [ "$tries" -gt 0 ]; do
    before=${#found[@]}
    measure_again
    find_runs disturbed
    tries=$((tries - 1))
    if [ $((3 * ${#found[@]})) -gt $((2 * before)) ]; then
        say "${#found[@]} of $before are disturbed still: the machine stays busy, so that no further try is made"
        break
    fi
done

runs=()
for compiler in gcc clang; do
    [ ! -e "$out/$compiler" ] ||
        runs+=(--run "$compiler" "$("$compiler" --version | head -n 1)" "$out/$compiler")
done
[ "${#runs[@]}" -gt 0 ] || die "nothing has been measured yet"
[ ! -e "$out/full" ] || runs+=(--sizes "$out/codesize.md")
"$python" bench/report.py "${runs[@]}" --out "$out"
if [ -e "$out/full" ]; then
    cp "$out/RESULTS.md" "$out/RESULTS.svg" bench/
    say "wrote bench/RESULTS.md and bench/RESULTS.svg"
fi
