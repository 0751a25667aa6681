# SPDX-License-Identifier: Apache-2.0
"""Numbers as people read them."""


def size_text(size):
    for shift, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size >> shift:
            return f"{size >> shift} {unit}"
    return f"{size} bytes"
