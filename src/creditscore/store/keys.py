"""Keys of persons and applications: Ed25519, in a file under a passphrase; what signs acts and what checks that."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SHORTEST = 8  # characters of a passphrase
VARIABLE = "CREDITSCORE_PASSPHRASE"


@dataclass(frozen=True)
class Key:
    """A private key that signs acts.

    Parameters
    ----------
    private
        The key.

    Examples
    --------
    >>> key = Key.generate()
    >>> check_signature(key.public, b"an act", key.sign(b"an act"))
    True
    """

    private: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> Key:
        """Make a new key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> str:
        """The public key, 64 hexadecimal digits."""
        return self.private.public_key().public_bytes_raw().hex()

    @property
    def key_id(self) -> str:
        """What events call it: the first 16 digits of the SHA-256 of the public key."""
        return identify(self.public)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes."""
        return self.private.sign(message)

    def save(self, file: Path | str, passphrase: str) -> Path:
        """Write the key to a new file, encrypted, readable by its owner only; UsageError where the file exists."""
        from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

        if len(passphrase) < SHORTEST:
            raise UsageError("store.passphrase_too_short", shortest=SHORTEST, where=str(file))
        form = PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
        pem = self.private.private_bytes(Encoding.PEM, *form)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise UsageError("store.key_not_written_over_file", where=str(file)) from error
        except OSError as error:
            raise UsageError("store.key_cannot_written", strerror=error.strerror, where=str(file)) from error
        with os.fdopen(handle, "wb") as opened:
            opened.write(pem)
        return Path(file)


def load_key(file: Path | str, passphrase: str) -> Key:
    """Read a key that `Key.save` wrote.

    Raises
    ------
    UsageError
        Where there is no such file, it is no Ed25519 key, or the passphrase is wrong.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        pem = Path(file).read_bytes()
    except OSError as error:
        raise UsageError("store.key_cannot_read", strerror=error.strerror, where=str(file)) from error
    try:
        key = load_pem_private_key(pem, passphrase.encode())
    except ValueError as error:
        is_key = b"ENCRYPTED PRIVATE KEY" in pem
        raise UsageError(
            "the passphrase is wrong" if is_key else "this is no key",
            where=str(file),
            allowed="the passphrase that was given when the key was made"
            if is_key
            else "a file that `creditscore key new` wrote",
            next=f"give it again ({VARIABLE}); a lost one is replaced by a new key" if is_key else "name another file",
        ) from error
    except TypeError as error:  # it is not encrypted
        raise UsageError("store.key_no_passphrase", where=str(file)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError("store.key_another_kind", where=str(file))
    return Key(key)


def require_public(public: str) -> str:
    """Return the public half of a key as it is written in the log; UsageError for anything else."""
    clean = public.strip().lower()
    if not re.fullmatch("[0-9a-f]{64}", clean):
        raise UsageError("store.no_public_half_key", public=public[:80])
    return clean


def identify(public: str) -> str:
    """Return what events call a public key."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


@lru_cache(maxsize=1000)
def _read_public(public: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))


def check_signature(public: str, message: bytes, signature: bytes) -> bool:
    """Say whether a signature is of this key and message; False for anything that is none."""
    from cryptography.exceptions import InvalidSignature

    try:
        _read_public(public).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
