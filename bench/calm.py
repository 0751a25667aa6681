# SPDX-License-Identifier: Apache-2.0
"""Says how calm the machine was while modes were measured.

    calm.py DIRECTORY

prints FORMAT/MODE PERCENT for each of Google Benchmark's files there: by how much the fastest and the slowest
repetition of a floor were apart, in the median of all floors. The floors are the same few instructions each time, so
what they differ by is the machine's, whatever the library does.
"""
import statistics
import sys

import report


def apart(times):
    """The same for the times that report.read gives for one mode, as a fraction."""
    floors = (ns for name, ns in times.items() if name.endswith("/floor") and "-clock/" not in name)
    return statistics.median((max(ns) - min(ns)) / statistics.median(ns) for ns in floors)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for (form, mode), times in sorted(report.read(sys.argv[1])[1].items()):
        print(f"{form}/{mode} {100 * apart(times):.0f}")


if __name__ == "__main__":
    main()
