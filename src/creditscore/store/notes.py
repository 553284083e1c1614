"""Signed notes and checkpoints of logs in the public formats of C2SP: outsiders check them with their own tools.

A note is a text, an empty line and signature lines. A checkpoint is the text of a note that names a log, the number of
its leaves and the root over them.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from creditscore.core.errors import UsageError
from creditscore.store.merkle import HASH_SIZE, LARGEST_SIZE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

DASH = "\N{EM DASH}"
ED25519 = b"\x01"  # the kind of signature, in key ids and verifier keys
KEY_SIZE = 32
SIGNATURE_SIZE = 64
LONGEST_NOTE = 1_000_000  # bytes
MOST_SIGNATURES = 100
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
VERIFIER = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)", re.DOTALL)


@dataclass(frozen=True)
class Signature:
    """A signature line of a note: whose it says it is, and the signature.

    Parameters
    ----------
    name
        Name of the key.
    key_id
        Four bytes that tell keys of one name apart.
    signature
        The signature over the text of the note; of a key of another kind it may have any length.
    """

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Write the line, with its line feed."""
        return f"{DASH} {self.name} {b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True)
class Verifier:
    """The public half of a key with its name, by which notes are checked.

    Parameters
    ----------
    name
        Name of the key.
    public
        The Ed25519 public key, 32 bytes.
    """

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which signatures name this key."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def verifies(self, body: str, signature: bytes) -> bool:
        """Whether this key made the signature over the text of a note."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, body.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log at a size.

    Parameters
    ----------
    origin
        The one name of the log: no empty text, in one line.
    size
        Number of leaves.
    root
        Root of the Merkle tree over them, 32 bytes.
    extensions
        More lines, none of them empty; nobody who reads a log can check what they say.

    Raises
    ------
    UsageError
        One of these cannot stand in a checkpoint.

    Examples
    --------
    >>> print(Checkpoint("credit.example/log", 0, sha256().digest()).text(), end="")
    credit.example/log
    0
    47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, lines in (("origin", (self.origin,)), ("extension", self.extensions)):
            for line in lines:
                if not line or "\n" in line:
                    raise UsageError("store.checkpoint", name=name, line=line)
                _require_text(line, f"the {name} of a checkpoint")
        if type(self.size) is not int or not 0 <= self.size <= LARGEST_SIZE:
            raise UsageError("store.size_checkpoint", size=self.size, largest_size=LARGEST_SIZE)
        if len(self.root) != HASH_SIZE:
            raise UsageError("store.root_checkpoint_bytes", root_count=len(self.root), hash_size=HASH_SIZE)

    def text(self) -> str:
        """Write the text of the note, which is what is signed."""
        return "\n".join([self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions, ""])


def name_log(log_id: str) -> str:
    """Return the origin of a log's checkpoints, which is also the name of who signs them."""
    return f"creditscore/{log_id[:16]}"


def read_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint from the text of a note.

    Parameters
    ----------
    text
        What `Checkpoint.text` writes, and `read_note` and `check_note` give.

    Returns
    -------
    Checkpoint
        Writing it again gives the same text.

    Raises
    ------
    UsageError
        The text has another shape, or another spelling of the same.

    Examples
    --------
    >>> read_checkpoint(Checkpoint("credit.example/log", 3, bytes(32)).text()).size
    3
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not SIZE.fullmatch(lines[1]):
        raise _not_a_checkpoint("the first three lines are not the name of a log, a size and a root", text)
    root = _decode(lines[2])
    if root is None or len(root) != HASH_SIZE:
        raise _not_a_checkpoint("the third line is not the base64 of 32 bytes", text)
    try:
        return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:-1]))
    except UsageError as error:
        raise _not_a_checkpoint(error.what, text) from error


def sign_note(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Sign a text as a note, or add a signature to a note.

    Parameters
    ----------
    text
        A text that ends in a line feed, or a signed note: then its text is signed, and the new line is its last one.
    name
        Name of the key, without blanks and `+`; of the key of a log it is the log's name.
    key
        The private key.

    Returns
    -------
    str
        The note.

    Raises
    ------
    UsageError
        The text or the name cannot stand in a note.

    Examples
    --------
    >>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    >>> key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    >>> sign_note("text\\n", "credit.example/key", key)[:30]
    'text\\n\\n— credit.example/key a6i'
    """
    verifier = _verifier(name, key.public_key())
    body, signatures = read_note(text, unsigned=True)
    signature = Signature(name, verifier.key_id, key.sign(body.encode()))
    if len(signatures) >= MOST_SIGNATURES:
        raise UsageError("store.note_too_many_signatures", most_signatures=MOST_SIGNATURES, where=_shown(body))
    return "".join([body, "\n", *(line.line() for line in signatures), signature.line()])


def read_note(text: str, *, unsigned: bool = False) -> tuple[str, tuple[Signature, ...]]:
    """Read a note without checking its signatures: nothing that it says is proved.

    Parameters
    ----------
    text
        The note.
    unsigned
        Whether a text alone, without the empty line and signature lines, is taken too.

    Returns
    -------
    body, signatures
        The text that is signed, with its last line feed, and the signatures; none where the note is unsigned.

    Raises
    ------
    UsageError
        It has another shape, too many signatures, or is not signed.

    Examples
    --------
    >>> read_note("text\\n", unsigned=True)
    ('text\\n', ())
    """
    _require_text(text, "the note")
    if len(text.encode()) > LONGEST_NOTE:
        raise UsageError("store.note_too_long", longest_note=LONGEST_NOTE, where=_shown(text))
    if not text.endswith("\n"):
        raise _not_a_note("its last line does not end", text)
    body, gap, signed = text.rpartition("\n\n")
    lines = signed.split("\n")[:-1] if gap else []
    if unsigned and not any(line.startswith(DASH) for line in lines) and not (gap and not lines):
        return text, ()
    if not gap:
        raise _not_a_note("it is not signed", text)
    if not body or not lines:
        raise _not_a_note("it has no text" if not body else "no signature follows its last empty line", text)
    if len(lines) > MOST_SIGNATURES:
        raise _not_a_note(f"it has {len(lines)} signatures, more than {MOST_SIGNATURES}", text)
    return f"{body}\n", tuple(_read_signature(line, text) for line in lines)


def check_note(note: str, *verifiers: str) -> str:
    """Check that a note is signed by one of these keys; signatures of others are passed over.

    Parameters
    ----------
    note
        The note.
    *verifiers
        The public keys that are trusted, as `write_verifier` writes them.

    Returns
    -------
    str
        The text that is signed, with its last line feed.

    Raises
    ------
    UsageError
        None of these keys signed it; or a signature says that it is of one of them and is not; or this is no note.

    Examples
    --------
    >>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    >>> key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    >>> check_note(sign_note("text\\n", "mine", key), write_verifier("mine", key.public_key()))
    'text\\n'
    """
    trusted = [read_verifier(text) for text in verifiers]
    body, signatures = read_note(note)
    signers = 0
    for verifier in trusted:
        for line in signatures:
            if (line.name, line.key_id) != (verifier.name, verifier.key_id):
                continue
            if not verifier.verifies(body, line.signature):
                raise UsageError("store.signature_not_fit_note_text_changed", name=line.name, where=_shown(body))
            signers += 1
    if not signers:
        raise UsageError(
            "store.none_trusted_keys_signed_note",
            where=_shown(body),
            allowed=[f"{verifier.name}+{verifier.key_id.hex()}" for verifier in trusted] or "no key is trusted",
            next="it is signed by "
            + ", ".join(f"{line.name}+{line.key_id.hex()}" for line in signatures[:5])
            + ": give the public key of one of them if you trust it",
        )
    return body


def write_verifier(name: str, public: Ed25519PublicKey) -> str:
    """Write a public key as text: its name, its id and the key, as those who check notes are given it.

    Raises UsageError where the name cannot stand in a note.

    Examples
    --------
    >>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    >>> write_verifier("mine", Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key())
    'mine+6873761b+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
    """
    verifier = _verifier(name, public)
    return f"{name}+{verifier.key_id.hex()}+{b64encode(ED25519 + verifier.public).decode()}"


def read_verifier(text: str) -> Verifier:
    """Read a public key that `write_verifier` wrote, or another program that keeps to the format.

    Raises
    ------
    UsageError
        It is no such text, its id does not fit the key (a slip of copying), or the key is of another kind.

    Examples
    --------
    >>> read_verifier("mine+6873761b+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop").name
    'mine'
    """
    match = VERIFIER.fullmatch(text)
    data = _decode(match[3]) if match else None
    if match is None or data is None:
        raise _not_a_key("it is no name, id and key", text)
    if data[:1] != ED25519 or len(data) != 1 + KEY_SIZE:
        raise _not_a_key("it is not of the kind Ed25519", text)
    _require_name(match[1])
    verifier = Verifier(match[1], data[1:])
    if verifier.key_id.hex() != match[2]:
        raise _not_a_key("its id does not fit the name and the key: something was changed", text)
    return verifier


def _verifier(name: str, public: Ed25519PublicKey) -> Verifier:
    _require_name(name)
    return Verifier(name, public.public_bytes_raw())


def _read_signature(line: str, note: str) -> Signature:
    """Read a signature line; UsageError where it is none."""
    parts = line.split(" ")
    data = _decode(parts[2]) if len(parts) == 3 and parts[0] == DASH else None
    if data is None or len(data) < 5:
        raise _not_a_note("a line after its last empty line is no signature", note)
    _require_name(parts[1])
    return Signature(parts[1], data[:4], data[4:])


def _decode(text: str) -> bytes | None:
    """Bytes of a base64 text in its one spelling; None where it is none."""
    try:
        data = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return None
    return data if b64encode(data).decode() == text else None


def _require_name(name: str) -> None:
    """Raise UsageError where a name of a key cannot stand in a note."""
    _require_text(name, "the name of the key")
    if not name or "+" in name or any(map(str.isspace, name)):
        raise UsageError("store.cannot_name_key", name=name[:80])


def _require_text(text: str, kind: str) -> None:
    """Raise UsageError where a text holds what no note may hold."""
    if CONTROL.search(text) or not _is_unicode(text):
        raise UsageError("store.holds_sign_cannot_shown", kind=kind, where=_shown(text))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair
        return False
    return True


def _not_a_note(why: str, text: str) -> UsageError:
    return UsageError("store.no_signed_note", why=why, dash=DASH, where=_shown(text))


def _not_a_checkpoint(why: str, text: str) -> UsageError:
    return UsageError("store.no_checkpoint", why=why, where=_shown(text))


def _not_a_key(why: str, text: str) -> UsageError:
    return UsageError("store.no_public_key_note", why=why, where=_shown(text))


def _shown(text: str) -> str:
    """The first line of a text, as far as a message shows it."""
    return repr(text.partition("\n")[0][:80])
