#!/usr/bin/env bash
# Say in one sentence what a build needs and this machine lacks.  require.sh PYTHON
set -u
missing=0
lack() { echo "$1" >&2; missing=1; }
"$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
  lack "Livehouse needs Python 3.11 or newer; '$1' is none. Install it, or name it: make PYTHON=/path/to/python3.11 …"
"$1" -c 'import ensurepip, venv' 2>/dev/null ||
  lack "This Python cannot make virtual environments (on Debian: apt-get install python3.11-venv)."
command -v cargo >/dev/null || lack "Building the native core needs cargo (Rust 1.95 or newer): https://rustup.rs"
command -v cc >/dev/null || lack "Building the native core needs a C compiler and linker (on Debian: apt-get install gcc libc6-dev)."
command -v npm >/dev/null || lack "Building the page needs Node 20 with npm: https://nodejs.org"
exit "$missing"
