# SPDX-License-Identifier: Apache-2.0
"""Says how calm the machine was while modes were measured.

    calm.py disturbed|all|apart DIRECTORY [OTHER]

prints FORMAT/MODE PART PERCENT for Google Benchmark's files in the directory. `disturbed`: how much longer than on a calm
machine the work took that tells so (report.paces), where that is too much, for the part "core" of the rows, or "threads".
`all`: wherever it is. With OTHER the fastest there counts as well. `apart`: how far apart repetitions are at most of the
parts that wait for what all guests share (report.FAR_APART), where that is too much.
"""
import sys

import report


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in ("disturbed", "all", "apart"):
        sys.exit(__doc__)
    times, *others = [report.read(directory)[1] for directory in sys.argv[2:]]
    if sys.argv[1] == "apart":
        for (form, mode, part), spread in sorted(report.far_apart(times).items()):
            print(f"{form}/{mode} {part} {100 * spread:.0f}")
        return
    for (form, mode, part), pace in sorted(report.paces(times, *others).items()):
        if pace > report.DISTURBED[part] or sys.argv[1] == "all":
            print(f"{form}/{mode} {part} {100 * (pace - 1):.0f}")


if __name__ == "__main__":
    main()
