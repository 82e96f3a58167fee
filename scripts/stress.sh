#!/bin/bash
# stress.sh [SECONDS [STRESSOR…]]: runs stress-ng's stressors of processes, threads, signals, futexes, pipes and time as
# guests, each for SECONDS (10), and shows which failed and what the report says is left. Not part of make test: it takes
# ten minutes. Ends with 1 if umlhost failed, hung or left something.
cd "$(dirname "$0")/.." || exit 2
seconds=${1:-10}
shift
umlhost=${UMLHOST:-bin/umlhost}
command -v stress-ng >/dev/null || { echo "stress.sh: stress-ng is not installed (apt-get install stress-ng)" >&2; exit 2; }

stressors=("$@")
if ((${#stressors[@]} == 0)); then
    stressors=(
        'fork 2' 'vfork 2' 'vforkmany 1' 'clone 2' 'mmapfork 1' 'forkheavy 1' 'wait 2' 'zombie 2' 'daemon 2' 'session 2'
        'exit-group 2' 'pthread 2' 'mutex 2' 'sem 2' 'futex 2' 'membarrier 2' 'kill 2' 'sigabrt 2' 'sigchld 2' 'sigfd 2'
        'sigfpe 2' 'signal 2' 'signest 2' 'sigpending 2' 'sigpipe 2' 'sigq 2' 'sigrt 2' 'sigsegv 2' 'sigsuspend 2'
        'sigtrap 2' 'pipe 2' 'pipeherd 2' 'poll 2' 'eventfd 2' 'timer 2' 'timerfd 2' 'nanosleep 2' 'itimer 2' 'alarm 2'
        'sleep 2' 'hrtimers 2' 'switch 2' 'yield 2' 'resched 2' 'affinity 2' 'cpu 2'
    )
fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=0
for stressor in "${stressors[@]}"; do
    read -r name instances <<<"$stressor"
    rm -f "$out/report"

    # Only asked whether it can be written to: guests have no writable directory yet.
    timeout -k 5 $((seconds + 60)) "$umlhost" run --report "$out/report" -- \
        stress-ng --temp-path /dev/null "--$name" "${instances:-1}" -t "$seconds" --metrics-brief >"$out/log" 2>&1
    status=$?
    left=$(sed -n '/"left"/,/}/p' "$out/report" 2>/dev/null | grep -E '"(tasks|host_children|frames)"' | tr -d ' \n')
    verdict=ok
    if [[ $left != *'"tasks":0,"host_children":'[0n]*'"frames":0,'* ]] || grep -q 'Unhandled exception\|umlhost: error' "$out/log"; then
        verdict="UMLHOST FAILED, status $status"
        ((failed += 1))
    elif ((status != 0)); then
        verdict="the stressor failed: $(grep -m 1 -E 'fail:|error:' "$out/log")"
    fi
    printf '%-12s %-60s %s\n' "$name" "$verdict" "$(sed -n "s/.*metrc:.* $name  *\([0-9][0-9]*\) .*/\1 operations/p" "$out/log" | head -n 1)"
    [[ $verdict == UMLHOST* ]] && tail -n 15 "$out/log"
done
echo "$failed of ${#stressors[@]} stressors broke umlhost"
((failed == 0))
