#!/usr/bin/env bash
# Runs fuzz targets: fuzz.sh SECONDS [TARGET...]. New inputs go to .build/fuzz, crashes to native/fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=$1
shift
all=$(cd native/fuzz/fuzz_targets && printf '%s\n' *.rs | sed 's/\.rs$//')

if ! cargo +nightly --version >/dev/null 2>&1; then
  echo "Fuzzing needs a nightly Rust toolchain, which is not installed: rustup toolchain install nightly." >&2
  exit 1
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "Fuzzing needs cargo-fuzz, which is not installed: cargo install cargo-fuzz --locked." >&2
  exit 1
fi
for target in "$@"; do
  if ! grep -qx -- "$target" <<<"$all"; then
    echo "There is no fuzz target '$target'; there are: ${all//$'\n'/, }." >&2
    exit 1
  fi
done

# shellcheck disable=SC2086 # a list of names
for target in ${@:-$all}; do
  found=.build/fuzz/$target
  mkdir -p "$found"
  dictionary=native/fuzz/dictionaries/$target.dict
  options=(-max_total_time="$seconds" -timeout=10 -max_len=8192 -print_final_stats=1)
  if [ -f "$dictionary" ]; then
    options+=(-dict="$dictionary")
  fi
  echo "$target for $seconds s; seeds in native/fuzz/corpus/$target, new inputs in $found"
  cargo +nightly fuzz run --fuzz-dir native/fuzz "$target" "$found" "native/fuzz/corpus/$target" -- "${options[@]}"
done
