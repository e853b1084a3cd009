#!/usr/bin/env bash
# Every test, in two parts:  tools/test.sh [ARGUMENTS OF PYTEST…]
# First those that fill both cores, TESTS_AT_ONCE files side by side, each process with servers of its own; then, one
# after the other, those that drive browsers in real time. The second part runs whatever becomes of the first, and the
# last lines name what failed in either.
set -uo pipefail
trap "exit 130" INT
logs=${LIVEHOUSE_LOGS:-.build/logs}
mkdir -p "$logs"
color=no
[ -t 1 ] && color=yes
alone=(tests/e2e tests/hostile)
# A node of a test is six processes: they find compiled what the first of them read.
unset PYTHONDONTWRITEBYTECODE
nothing_chosen=5 # of pytest's exit codes: such as when ARGUMENTS choose tests of the other part

part() {
  local log=$1
  shift
  .venv/bin/pytest --color="$color" "$@" 2>&1 | tee -i "$logs/$log"
}

# The order of the folders stays, so that many short tests come last and no process waits long for the other.
part tests-side-by-side.log tests "${alone[@]/#/--ignore=}" \
  --numprocesses="${TESTS_AT_ONCE:-2}" --dist=loadfile --no-loadscope-reorder "$@"
first=$?
part tests-one-by-one.log "${alone[@]}" "$@"
second=$?

printf '\n'
for log in tests-side-by-side.log tests-one-by-one.log; do
  sed 's/\x1b\[[0-9;]*m//g' "$logs/$log" | grep -E '^(FAILED|ERROR) '
  tail -n 1 "$logs/$log"
done
for status in "$first" "$second"; do
  [ "$status" -eq 0 ] || [ "$status" -eq "$nothing_chosen" ] || exit "$status"
done
[ "$first" -ne "$second" ] || exit "$first"
