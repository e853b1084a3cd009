#!/usr/bin/env bash
# Make sure a Chromium is there for the browser tests. Installs Debian's when it may, else says what to do.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "The browser tests need Chromium. Install it (on Debian and Ubuntu: sudo apt-get install chromium fonts-noto-core) and run this again." >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends chromium fonts-noto-core fonts-noto-color-emoji
