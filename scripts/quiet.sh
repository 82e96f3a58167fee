#!/bin/bash
# quiet.sh LOG COMMAND…: run the command with its output in LOG; show the output only if it fails.
log=$1
shift
mkdir -p "$(dirname "$log")"
"$@" >"$log" 2>&1 </dev/null && exit 0
status=$?
cat "$log" >&2
echo "failed: $* (status $status; output in $log)" >&2
exit $status
