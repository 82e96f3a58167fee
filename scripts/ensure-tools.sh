#!/bin/bash
# ensure-tools.sh [build] [test]: what a clean Debian 12 lacks to build UmlHost or to test it. As root the
# missing packages are installed; otherwise they are named. Starts no process when everything is there.
packages=()

# need PACKAGE FILE…: the package is missing unless one of the files is there.
need() {
    local package=$1 file
    shift
    for file; do
        [[ -e $file ]] && return
    done
    packages+=("$package")
}

# need_command PACKAGE COMMAND
need_command() {
    command -v "$2" >/dev/null || packages+=("$1")
}

for purpose; do
    case $purpose in
    build)
        need_command gcc gcc            # the stub, and the link of the ahead-of-time compiled program
        need_command binutils objcopy
        need_command make make
        need libc6-dev /usr/include/stdio.h
        need ca-certificates /etc/ssl/certs/ca-certificates.crt
        ;;
    test)
        need_command g++ g++
        need busybox-static /bin/busybox
        # What the tests of real programs run; Node, Go, vim and tmux are left out where the host has none.
        need python3 /usr/bin/python3
        need libpython3.11-testsuite /usr/lib/python3.11/test/test_os.py
        for command in gawk git perl sqlite3 xz:xz-utils zstd openssl; do
            need_command "${command#*:}" "${command%:*}"
        done
        ;;
    *)
        echo "ensure-tools.sh: unknown purpose '$purpose'" >&2
        exit 2
        ;;
    esac
done

if ! command -v dotnet >/dev/null; then
    echo "The .NET SDK 10 is missing (command dotnet): https://learn.microsoft.com/dotnet/core/install/linux-debian" >&2
    exit 1
fi

((${#packages[@]})) || exit 0

if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    echo "Missing: ${packages[*]}" >&2
    echo "Install with: sudo apt-get install --no-install-recommends ${packages[*]}" >&2
    exit 1
fi

echo "Installing ${packages[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_packages() {
    apt-get install -y --no-install-recommends "${packages[@]}" >"$log" 2>&1 </dev/null
}
install_packages || { apt-get update >"$log" 2>&1 && install_packages; } || {
    cat "$log" >&2
    exit 1
}
