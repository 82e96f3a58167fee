#!/bin/bash
# test.sh [PROJECT…]: runs the built test projects (all but Bench, or those named: Unit, Guest, EndToEnd), shows
# what failed and how long each took, and ends with the line "N passed, N failed, N skipped" over all of them.
# A test that hangs is named and killed with everything it started.
cd "$(dirname "$0")/.." || exit 2

hang_limit=${TEST_HANG_LIMIT:-120}      # seconds for one test
project_limit=${TEST_PROJECT_LIMIT:-1200}   # seconds for one project
results=$PWD/out/test-results
passed=0 failed=0 skipped=0

projects=("$@")
if ((${#projects[@]} == 0)); then
    for project in Unit Guest EndToEnd; do
        [[ -d tests/$project ]] && projects+=("$project")
    done
fi

# Ends every process of a session. Each project runs in a session of its own, so that whatever it leaves is found.
kill_session() {
    local stat line fields
    for stat in /proc/[0-9]*/stat; do
        { read -r line <"$stat"; } 2>/dev/null || continue
        read -ra fields <<<"${line##*) }"       # state ppid pgrp session …
        if [[ ${fields[3]} == "$1" ]]; then
            stat=${stat#/proc/}
            kill -KILL "${stat%/stat}" 2>/dev/null
        fi
    done
}

trap '[[ $session ]] && kill_session "$session"; exit 130' INT TERM

# counter NAME TRX
counter() {
    local text
    text=$(grep -o "<Counters [^>]*" "$2" 2>/dev/null | grep -o " $1=\"[0-9]*\"")
    text=${text#*\"}
    echo "${text%\"}"
}

run_project() {
    local project=$1 name=tests/$1 assembly log=$results/$1.log trx=$results/$1.trx start=$SECONDS status
    assembly=$(compgen -G "tests/$project/bin/Release/*/UmlHost.Tests.$project.dll")
    if [[ -z $assembly ]]; then
        echo "$name: not built"
        ((failed += 1))
        return
    fi
    rm -rf "${results:?}/$project"
    mkdir -p "$results/$project"
    rm -f "$trx"

    setsid timeout -k 5 "$project_limit" \
        dotnet test "$assembly" --results-directory "$results/$project" \
        --logger "trx;LogFileName=$trx" --logger "console;verbosity=minimal" \
        --blame-hang-timeout "${hang_limit}s" --blame-hang-dump-type none >"$log" 2>&1 </dev/null &
    session=$!
    wait "$session"
    status=$?
    kill_session "$session"
    session=

    local total executed ok bad
    total=$(counter total "$trx") executed=$(counter executed "$trx")
    ok=$(counter passed "$trx") bad=$(counter failed "$trx")
    : "${total:=0}" "${executed:=0}" "${ok:=0}" "${bad:=0}"
    local skip=$((total - executed))

    if ((bad > 0)); then
        # The first failures in full, then the names of all.
        sed -n '/^ *Failed /,$p' "$log" | grep -v '^\[xUnit' | head -n 80
        echo "failed in $name (all of it in ${log#"$PWD/"}):"
        sed -n 's/^ *Failed \(.*\) \[.*\]$/    \1/p' "$log"
    fi
    if ((status == 124 || status == 137)); then
        echo "$name: killed after $project_limit s"
        ((bad += 1))
    elif grep -q '^Test Run Aborted' "$log"; then
        echo "$name: a test hung for $hang_limit s, or ended the test host:"
        sed -n '/^The test running when/,/^This test may/{/^UmlHost/s/^/    /p}' "$log"
        ((bad += 1))
    elif ((status != 0 && bad == 0)); then
        tail -n 25 "$log"
        ((bad += 1))
    fi
    echo "$name: $ok passed, $bad failed, $skip skipped in $((SECONDS - start)) s"
    ((passed += ok, failed += bad, skipped += skip))
}

for project in "${projects[@]}"; do
    run_project "$project"
done

echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
