"""A certificate that nobody but the test believes in."""

from __future__ import annotations

import subprocess
from pathlib import Path


def self_signed(folder: Path, *alternative_names: str) -> tuple[Path, Path]:
    """Chain and key, for two days. alternative_names: such as `IP:127.0.0.1` (RFC 5280 section 4.2.1.6)."""
    chain, key = folder / "chain.pem", folder / "key.pem"
    subject = ("-subj", "/CN=localhost", "-addext", f"subjectAltName={','.join(alternative_names)}")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    subprocess.run(
        ["openssl", "req", "-x509", *curve, *subject, "-keyout", str(key), "-out", str(chain)],
        check=True,
        capture_output=True,
    )
    return chain, key
