#!/bin/bash
# Compiles bin/umlhost ahead of time. Silent unless it fails.
set -e
cd "$(dirname "$0")/.."
scripts/quiet.sh out/build.log dotnet publish src/Supervisor -c Release -o out/publish
mkdir -p bin
# Moved into place in one step: an older umlhost may be running.
cp out/publish/umlhost bin/.umlhost.new
mv bin/.umlhost.new bin/umlhost
