#!/usr/bin/env bash
# Run one command as one line of progress:  step.sh "LABEL" COMMAND…
# Its output goes to a log, which is shown when the command fails. Work that lasts says every half minute where it is.
#   STEP_QUIET=1   no line at the start (for many short steps side by side)
#   STEP_CLOSING=1 also show the last line of the output, such as a count of tests
set -u
export NO_COLOR=1
label=$1
shift
logs=${LIVEHOUSE_LOGS:-.build/logs}
mkdir -p "$logs"
log="$logs/$(printf '%s' "$label" | tr -cs '[:alnum:]' '-' | cut -c1-60).log"

printf '%s\n' "\$ $*" >"$log"
[ "${STEP_QUIET:-0}" = 1 ] || printf '  %s …\n' "$label"
started=$SECONDS
"$@" >>"$log" 2>&1 </dev/null &
job=$!
(
  exec 3<> <(:) # a read that times out is a sleep that dies with its shell
  while ! read -r -t 30 -u 3; do
    printf '    %s: %d s; %s\n' "$label" "$((SECONDS - started))" "$(tail -n 1 "$log" | tr -d '\r' | cut -c1-90)"
  done
) &
reporter=$!
trap 'kill "$job" "$reporter" 2>/dev/null; wait 2>/dev/null; exit 130' INT TERM
wait "$job"
status=$?
kill "$reporter" 2>/dev/null; wait "$reporter" 2>/dev/null
if [ "$status" -eq 0 ]; then
  printf '  \342\234\223 %s (%d s)\n' "$label" "$((SECONDS - started))"
  [ "${STEP_CLOSING:-0}" = 0 ] || printf '    %s\n' "$(tail -n 1 "$log")"
else
  printf '  \342\234\227 %s failed after %d s (exit %d). From %s:\n\n' "$label" "$((SECONDS - started))" "$status" "$log"
  tail -n 200 "$log"
  printf '\n'
fi
exit "$status"
