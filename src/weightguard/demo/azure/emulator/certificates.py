"""A CA of one's own and a server's certificate for the loopback address, both good for a day."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path
from typing import Any

_DAY = datetime.timedelta(days=1)


def certificates(folder: Path) -> tuple[Path, Path]:
    """Written into a folder: the CA's file, and the server's certificate with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    owner, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    whose = f"loopback CA {x509.random_serial_number()}"[:60]
    constraint = x509.BasicConstraints(ca=True, path_length=None)
    authority = _begun(whose, owner, whose).add_extension(constraint, critical=True)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    own = _begun("127.0.0.1", server, whose).add_extension(loopback, critical=False)
    pem = serialization.Encoding.PEM
    ca, both = folder / "ca.pem", folder / "server.pem"
    ca.write_bytes(authority.sign(owner, hashes.SHA256()).public_bytes(pem))
    key = server.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    both.touch(mode=0o600)
    both.write_bytes(own.sign(owner, hashes.SHA256()).public_bytes(pem) + key)
    return ca, both


def _begun(subject: str, key: Any, issuer: str) -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - _DAY).not_valid_after(now + _DAY)
