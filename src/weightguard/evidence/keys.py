"""Keys: those that sign, by their address, and those that verify, from a trust file. Both are securesystemslib's.

A private key is read to sign and never shown: no message, no log and no file of ours holds any of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from weightguard import files
from weightguard.errors import CredentialsError, InputError

if TYPE_CHECKING:
    from securesystemslib.signer import Signer, SSlibKey

LARGEST_KEY: Final = 64 * 1024
SCHEMES: Final = frozenset(
    {
        "ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsassa-pss-sha256", "rsassa-pss-sha384",
        "rsassa-pss-sha512", "rsa-pkcs1v15-sha256", "rsa-pkcs1v15-sha384", "rsa-pkcs1v15-sha512",
        "ml-dsa-44/1", "ml-dsa-65/1", "ml-dsa-87/1",
    }
)  # fmt: skip
"""What a key may be used with."""
LEAST_RSA: Final = 2048
"""Bits of an RSA key that anybody should believe."""
_NEEDS: Final = {
    "awskms": "boto3, which weightguard brings along",
    "gcpkms": "pip install 'securesystemslib[gcpkms]'",
    "azurekms": "pip install 'securesystemslib[azurekms]'",
    "hsm": "pip install 'securesystemslib[hsm]', and PYKCS11LIB naming the token's library",
}


def signer(uri: str, passphrase: Callable[[], str | None]) -> Signer:
    """The signer of a key's address: ``file:PATH``, ``awskms:ID``, ``gcpkms:NAME``, ``azurekms:URL``, ``hsm:ID?label=LABEL``.

    Args:
        passphrase: asked where the file is encrypted; None: there is none.

    Raises:
        InputError: there is no such kind of address, or no such key. CredentialsError: the key's keeper does not answer.
    """
    kind, colon, rest = uri.partition(":")
    if not colon or not rest or kind not in ("file", *_NEEDS):
        raise InputError(
            "the key's address is not understood",
            where=kind if colon else uri[:40],
            fix=f"write file:PATH, or one of {', '.join(f'{name}:...' for name in _NEEDS)}",
        )
    return _from_file(Path(rest), passphrase) if kind == "file" else _from_keeper(kind, rest)


def _from_file(path: Path, passphrase: Callable[[], str | None]) -> Signer:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

    data = files.read(path, "the private key", most=LARGEST_KEY)
    encrypted = b"ENCRYPTED" in data
    try:
        secret = passphrase() if encrypted else None
        key: Any = load_pem_private_key(data, secret.encode() if secret else None)
        _refuse_weak(key.public_key())
        return CryptoSigner(key)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Nothing of the cause is told on: it may quote the key.
        why = (
            "or its passphrase is another"
            if encrypted
            else "as `openssl genpkey -algorithm ed25519` writes one"
        )
        raise InputError(
            "the private key cannot be used: it is no PEM key of a kind that is known",
            where=str(path),
            fix=why,
        ) from None


def is_exposed(uri: str) -> bool:
    """Whether the private key lies in a file that others than its owner may read."""
    kind, _, rest = uri.partition(":")
    try:
        return kind == "file" and bool(Path(rest).stat().st_mode & 0o077)
    except (OSError, ValueError):
        return False


def _from_keeper(kind: str, rest: str) -> Signer:
    from securesystemslib.exceptions import UnsupportedLibraryError
    from securesystemslib.signer import Signer

    try:
        uri, public = _imported(kind, rest)
        return Signer.from_priv_key_uri(uri, public)
    except UnsupportedLibraryError as problem:
        raise InputError(
            f"{kind}: needs more than is installed", where=rest[:200], fix=_NEEDS[kind]
        ) from problem
    except InputError:
        raise
    except Exception as problem:
        raise CredentialsError(
            f"the key cannot be had from {kind}, {type(problem).__name__}: {str(problem)[:200]}",
            where=rest[:200],
        ) from problem


def _imported(kind: str, rest: str) -> tuple[str, SSlibKey]:
    """The address as the library writes it, and the public key, which its keeper tells."""
    from securesystemslib import signer as library

    if kind == "awskms":
        return library.AWSSigner.import_(rest)
    if kind == "gcpkms":
        return library.GCPSigner.import_(rest)
    if kind == "azurekms":
        parts = urlsplit(rest if "//" in rest else f"//{rest}")
        names = parts.path.strip("/").split("/")
        if not parts.hostname or len(names) < 2 or names[0] != "keys":
            raise InputError(
                "the address of a key in Azure is azurekms://VAULT.vault.azure.net/keys/NAME",
                where=rest[:200],
            )
        return library.AzureSigner.import_(parts.hostname.partition(".")[0], names[1])
    number, _, label = rest.partition("?label=")
    if not number.isdigit():
        raise InputError("the address of a key on a token is hsm:NUMBER?label=LABEL", where=rest[:200])
    return library.HSMSigner.import_(int(number), label or None)


def public_key(pem: bytes, where: str, scheme: str | None = None) -> SSlibKey:
    """A public key from PEM.

    Args:
        where: what messages call it.
        scheme: what it is used with; None: what its kind is used with as a rule (RSA: PSS with SHA-256).

    Raises:
        InputError: it is no public key, or of a kind that is not used here.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey

    if b"PRIVATE KEY" in pem:
        raise InputError(
            "this is a private key, which nobody else should have", where=where, fix="name the public one"
        )
    try:
        key = load_pem_public_key(pem)
        _refuse_weak(key)
        usual = SSlibKey.from_crypto(key)
        if scheme in (None, usual.scheme):
            return usual
        if scheme not in SCHEMES or _kind(str(scheme)) != _kind(usual.scheme):
            raise ValueError(f"it is not used with {str(scheme)[:40]!r}")
        return SSlibKey.from_crypto(key, scheme=scheme)
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise InputError(
            f"the public key cannot be used, {str(problem)[:120]}",
            where=where,
            fix="give PEM of an Ed25519, ECDSA P-256, P-384 or P-521, RSA or ML-DSA key",
        ) from problem


def _kind(scheme: str) -> str:
    """``rsa`` for what an RSA key may be used with; of another key the one scheme itself."""
    return "rsa" if scheme.startswith(("rsa-", "rsassa-")) else scheme


def _refuse_weak(key: Any) -> None:
    size = getattr(key, "key_size", LEAST_RSA)
    if type(key).__name__.startswith("RSA") and size < LEAST_RSA:
        raise ValueError(f"an RSA key of {size} bits")


def holds(key: SSlibKey, sig: bytes, data: bytes) -> bool:
    """Whether a signature over `data` was made with a key. Which algorithm that is the key says, never the signature."""
    from securesystemslib.exceptions import UnverifiedSignatureError
    from securesystemslib.signer import Signature

    try:
        key.verify_signature(Signature(key.keyid, sig.hex()), data)
    except UnverifiedSignatureError:
        return False
    return True
