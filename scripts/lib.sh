# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shared by the scripts beside it: source it, do not run it.

# Says what a script is about to do.
say() {
    printf '%s\n' "== $*"
}

# Stops with a message.
die() {
    printf '%s\n' "$(basename "$0"): $*" >&2
    exit 1
}

# need_packages NAME...: makes sure that these Debian packages are installed. Those that are there already
# cost nothing, not even the network.
need_packages() {
    local missing=() package as_root=()
    command -v dpkg-query >/dev/null || {
        say "not a Debian system: taking for granted that these are installed: $*"
        return 0
    }
    for package in "$@"; do
        # shellcheck disable=SC2016 # dpkg-query's own placeholder
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            missing+=("$package")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "these packages are missing and neither root nor sudo is at hand: ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq || die "apt-get update failed"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        die "apt-get could not install: ${missing[*]}"
}

# python_with MODULE...: prints the first Python 3 that can import these. The first in PATH need not be one: the
# packages of the distribution belong to the one in /usr/bin.
python_with() {
    local python modules
    modules=$(printf '%s, ' "$@")
    for python in python3 /usr/bin/python3; do
        if "$python" -c "import ${modules%, }" 2>/dev/null; then
            printf '%s\n' "$python"
            return 0
        fi
    done
    die "no Python 3 can import ${modules%, }"
}
