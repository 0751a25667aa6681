# SPDX-License-Identifier: Apache-2.0
"""Says how calm the machine was while modes were measured.

    calm.py DIRECTORY [AGAIN]

prints FORMAT/MODE PERCENT for each of Google Benchmark's files in the directory that was disturbed (report.DISTURBED):
how much longer than at its fastest the floor took that is the same in all modes. With AGAIN the same for each file
there, beside the fastest of both.
"""
import sys

import report


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    *others, times = [report.read(directory)[1] for directory in sys.argv[1:]]
    for (form, mode), pace in sorted(report.paces(times, *others).items()):
        if pace > report.DISTURBED or others:
            print(f"{form}/{mode} {100 * (pace - 1):.0f}")


if __name__ == "__main__":
    main()
