#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Says how many bytes of code each format is with one mode, at -O2 and -Os, built by Clang for the three CPUs and by GCC
# for x86_64, with the flags of the library. The table is written to build-bench/codesize.md.
#
#     scripts/codesize.sh
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"
cd "$top"

need_packages cmake ninja-build gcc clang lld llvm python3 python3-jinja2 python3-yaml python3-jsonschema
python=$(python_with jinja2 yaml jsonschema)

builds=()
# configure NAME DIRECTORY CMAKE-OPTION...
configure() {
    local name=$1 build=$2
    shift 2
    cmake -G Ninja -S . -B "$build" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DCMAKE_BUILD_TYPE=Release -DAXAS_ARCH=all \
        -DAXAS_HOSTED=OFF -DAXAS_TESTS=OFF -DAXAS_EXAMPLES=OFF "$@" >/dev/null
    builds+=(--build "$name" "$build")
}
for cpu in x86_64 aarch64 riscv64; do
    configure "Clang $cpu" "build-codesize-clang-$cpu" "-DCMAKE_TOOLCHAIN_FILE=$top/cmake/toolchain-$cpu-none-elf.cmake"
done
if [ "$(uname -m)" = x86_64 ]; then
    configure "GCC x86_64" build-codesize-gcc-x86_64 -DCMAKE_C_COMPILER=gcc
fi
mkdir -p build-bench
"$python" bench/codesize.py "${builds[@]}" --out build-bench/codesize.md
