"""Certificates that nobody vouches for, and servers' contexts with them."""

import ssl
import subprocess
from pathlib import Path


def certificate(directory: Path, names: str = "") -> Path:
    """Return a new certificate in *directory* for *names*, as openssl writes them.

    It ends in two days; its key is beside it, in ``.key``.
    """
    made = directory / "certificate.pem"
    named = ["-addext", f"subjectAltName={names}"] if names else []
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=x",
         *named, "-keyout", f"{made}.key", "-out", str(made)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return made


def presenting(certificate: Path) -> ssl.SSLContext:
    """Return a server's side of TLS that shows *certificate*."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, f"{certificate}.key")
    return context
