"""Signed notes and checkpoints: the published examples, and nothing that is nearly one."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from creditscore.core.errors import UsageError
from creditscore.store.notes import (
    ED25519,
    MOST_SIGNATURES,
    Checkpoint,
    Signature,
    Verifier,
    check_note,
    read_checkpoint,
    read_note,
    read_verifier,
    sign_note,
    write_verifier,
)

# Published with the Go package of notes (golang.org/x/mod/sumdb/note): a private key of its tests, and what it signs.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETERS_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
PETERS_NOTE = f"{TEXT}\n{PETERS_LINE}"
# The other key of those tests, and two more verifier keys of other programs.
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
OTHERS = (ENOCH, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
# The examples of the two specifications of C2SP.
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
NAME = "credit.example/办公室"
MINE = write_verifier(NAME, KEY.public_key())


def test_the_published_note_is_signed_alike_and_checked():
    key = Ed25519PrivateKey.from_private_bytes(PETERS_SEED)
    assert write_verifier("PeterNeumann", key.public_key()) == PETER
    assert sign_note(TEXT, "PeterNeumann", key) == PETERS_NOTE
    assert check_note(PETERS_NOTE, PETER) == TEXT


@pytest.mark.parametrize("verifier", [PETER, *OTHERS, MINE])
def test_published_keys_are_read_and_written_alike(verifier):
    name, key_id, _ = verifier.split("+", 2)
    read = read_verifier(verifier)
    assert (read.name, read.key_id.hex()) == (name, key_id)


def test_the_examples_of_the_specifications_are_read():
    body, signatures = read_note(POEM)
    assert body.endswith("\n\ned è subito sera.\n")
    assert [line.name for line in signatures] == ["quasimodo.example/salvatore"]
    assert len(signatures[0].signature) == 64
    body, signatures = read_note(SOFA)
    checkpoint = read_checkpoint(body)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == body
    assert body + "\n" + signatures[0].line() == SOFA


def test_two_keys_sign_one_note():
    note = sign_note(sign_note(TEXT, NAME, KEY), "second", OTHER_KEY)
    assert note.startswith(sign_note(TEXT, NAME, KEY))
    second = write_verifier("second", OTHER_KEY.public_key())
    assert check_note(note, MINE) == check_note(note, second) == check_note(note, ENOCH, second, MINE) == TEXT
    assert [line.name for line in read_note(note)[1]] == [NAME, "second"]


def test_a_text_with_empty_lines_is_signed_whole():
    body = "\n\na\n\nb\n\nc\n"
    assert check_note(sign_note(body, NAME, KEY), MINE) == body


def test_a_signature_of_an_unknown_key_is_passed_over():
    with pytest.raises(UsageError, match="none of the trusted keys") as error:
        check_note(PETERS_NOTE, MINE)
    assert "PeterNeumann+c74f20a3" in str(error.value)
    with pytest.raises(UsageError, match="none of the trusted keys"):
        check_note(PETERS_NOTE)
    # the same name with another id, and the same id with another name, are other keys
    namesake = write_verifier("PeterNeumann", KEY.public_key())
    with pytest.raises(UsageError, match="none of the trusted keys"):
        check_note(PETERS_NOTE, namesake)
    with pytest.raises(UsageError, match="none of the trusted keys"):
        check_note(PETERS_NOTE.replace("— PeterNeumann", "— Peter"), PETER)


def test_a_false_signature_of_a_known_key_refuses_the_note_whoever_else_signed():
    forged = Signature(NAME, read_verifier(MINE).key_id, OTHER_KEY.sign(TEXT.encode()))
    note = sign_note(TEXT, "second", OTHER_KEY)
    second = write_verifier("second", OTHER_KEY.public_key())
    assert check_note(note + forged.line(), second) == TEXT
    with pytest.raises(UsageError, match="does not fit"):
        check_note(note + forged.line(), second, MINE)
    with pytest.raises(UsageError, match="does not fit"):
        check_note(sign_note(TEXT, NAME, KEY) + forged.line(), MINE)
    for signature in (b"x", bytes(63), bytes(64), bytes(65)):
        with pytest.raises(UsageError, match="does not fit"):
            check_note(TEXT + "\n" + Signature(NAME, read_verifier(MINE).key_id, signature).line(), MINE)


def test_every_changed_letter_of_a_note_is_refused():
    note = sign_note(Checkpoint("log", 12, bytes(32)).text(), NAME, KEY)
    for place, letter in enumerate(note):
        for other in {"a", "\n", " ", "—", chr(ord(letter) ^ 1)} - {letter}:
            with pytest.raises(UsageError):
                check_note(note[:place] + other + note[place + 1 :], MINE)
        with pytest.raises(UsageError):
            check_note(note[:place] + note[place + 1 :], MINE)


PIECES = st.sampled_from(["\n", "\n\n", "—", " ", "a", "+", "AAAAAAAA", PETERS_LINE, "\r", "\ud800", "\x85"])


@given(note=st.lists(PIECES).map("".join))
@example("\n")
@example("\n\n")
@example("\n\n\n")
@example(f"\n\n{PETERS_LINE}")
@example(f"\n{PETERS_LINE}")
@example(f"a\n\n{PETERS_LINE}")
def test_whatever_is_read_is_written_again(note):
    for unsigned in (False, True):
        try:
            body, signatures = read_note(note, unsigned=unsigned)
        except UsageError:
            continue
        again = body + "".join(["\n", *(line.line() for line in signatures)] if signatures else [])
        assert again == note
        assert signatures or unsigned


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("", "last line"),
        (TEXT[:-1], "last line"),
        (TEXT, "not signed"),
        (f"{TEXT}\n", "no signature follows"),
        (f"{TEXT}\n\n{PETERS_LINE[2:]}", "no signature"),
        (PETERS_NOTE[:-1], "last line"),
        (f"{PETERS_NOTE}\n", "no signature follows"),
        (f"\n\n{PETERS_LINE}", "no text"),
        (PETERS_NOTE.replace("— ", "- "), "is no signature"),
        (PETERS_NOTE.replace("— ", "—  "), "is no signature"),
        (PETERS_NOTE.replace("AM=\n", "AM= \n"), "is no signature"),
        (PETERS_NOTE.replace("AM=\n", "AN=\n"), "is no signature"),  # the same bytes, spelt another way
        (PETERS_NOTE.replace("AM=\n", "AM\n"), "is no signature"),
        (f"{TEXT}\n— a AAAAAA==\n", "is no signature"),  # an id and nothing else
        (f"{TEXT}\n— a+b AAAAAAAA\n", "name of a key"),
        (f"{TEXT}\n— a\u00a0b AAAAAAAA\n", "name of a key"),
        (f"{TEXT}\n—  AAAAAAAA\n", "name of a key"),
        (PETERS_NOTE.replace("\n", "\r\n"), "cannot be shown"),
        (PETERS_NOTE.replace("you", "yo\tu"), "cannot be shown"),
        (PETERS_NOTE.replace("you", "yo\ud800u"), "cannot be shown"),
        (f"{TEXT}\n{PETERS_LINE * (MOST_SIGNATURES + 1)}", "more than 100"),
        (f"{'a' * 1_000_000}{PETERS_NOTE}", "too long"),
    ],
)
def test_what_is_no_note_is_refused(note, why):
    with pytest.raises(UsageError, match=why):
        read_note(note)
    with pytest.raises(UsageError, match=why):
        check_note(note, PETER)


def test_an_unsigned_note_is_read_only_when_asked():
    assert read_note(TEXT, unsigned=True) == (TEXT, ())
    assert read_note("a\n\nb\n", unsigned=True) == ("a\n\nb\n", ())
    assert read_note(PETERS_NOTE, unsigned=True) == read_note(PETERS_NOTE)
    with pytest.raises(UsageError, match="not signed"):
        check_note(TEXT, PETER)
    for text in (f"{TEXT}\n", PETERS_NOTE.replace("AM=\n", "AM\n"), "\n\n", TEXT[:-1]):
        with pytest.raises(UsageError, match="no signed note"):
            read_note(text, unsigned=True)


def test_sixteen_signatures_and_more_are_taken():
    note = TEXT
    for number in range(20):
        note = sign_note(note, f"key{number}", KEY)
    assert check_note(note, write_verifier("key19", KEY.public_key())) == TEXT
    many = f"{TEXT}\n{PETERS_LINE * MOST_SIGNATURES}"
    assert check_note(many, PETER) == TEXT
    with pytest.raises(UsageError, match="too many signatures"):
        sign_note(many, NAME, KEY)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\u2028b", "a\nb", "a\tb", "\ud800"])
def test_a_name_keeps_to_the_format(name):
    with pytest.raises(UsageError):
        sign_note(TEXT, name, KEY)
    with pytest.raises(UsageError):
        write_verifier(name, KEY.public_key())


def test_no_part_of_a_key_and_no_changed_key_is_a_key():
    for start in range(len(PETER) + 1):
        for end in range(start, len(PETER) + 1):
            if (start, end) != (0, len(PETER)):
                with pytest.raises(UsageError):
                    read_verifier(PETER[start:end])
    for place, letter in enumerate(PETER):
        with pytest.raises(UsageError):
            read_verifier(PETER[:place] + chr(ord(letter) + 1) + PETER[place + 1 :])
    for text in (f"{PETER}\n", f" {PETER}", PETER.replace("c74f20a3", "C74F20A3"), f"{PETER}="):
        with pytest.raises(UsageError):
            read_verifier(text)


def test_a_key_of_another_kind_is_refused():
    cosigner = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    with pytest.raises(UsageError, match="kind Ed25519"):
        read_verifier(cosigner)
    short = Verifier("a", bytes(31))
    with pytest.raises(UsageError, match="kind Ed25519"):
        read_verifier(f"a+{short.key_id.hex()}+{b64encode(ED25519 + bytes(31)).decode()}")
    assert not short.verifies(TEXT, bytes(64))


ROOT = b64encode(bytes(32)).decode()
LINES = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs",)), min_size=1)


@given(
    origin=LINES,
    size=st.integers(0, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(LINES, max_size=3),
)
def test_a_checkpoint_is_read_as_it_was_written(origin, size, root, extensions):
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert read_checkpoint(checkpoint.text()) == checkpoint
    assert read_checkpoint(check_note(sign_note(checkpoint.text(), NAME, KEY), MINE)) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "log\n",
        "log\n1\nROOT",
        "\n1\nROOT\n",
        "log\n01\nROOT\n",
        "log\n-1\nROOT\n",
        "log\n+1\nROOT\n",
        "log\n 1\nROOT\n",
        "log\n1 \nROOT\n",
        "log\n٣\nROOT\n",
        "log\n\nROOT\n",
        "log\n1\nROOT\n\n",
        "log\n1\n\n",
        "log\n1\nROOT\n\nmore\n",
        "log\n1\nROOT \n",
        "log\n1\nROOT=\n",
        "log\r\n1\nROOT\n",
        "\ud800\n1\nROOT\n",
        "log\n9223372036854775808\nROOT\n",
        f"log\n{'9' * 5000}\nROOT\n",
        f"log\n1\n{ROOT[:-1]}\n",
        SOFA,
        f"log\n1\n{ROOT[:-2]}B=\n",
        "log\n1\n" + b64encode(bytes(31)).decode() + "\n",
    ],
)
def test_only_the_one_spelling_of_a_checkpoint_is_read(text):
    with pytest.raises(UsageError, match="no checkpoint"):
        read_checkpoint(text.replace("ROOT", ROOT))


@pytest.mark.parametrize(
    "parts",
    [
        ("", 0, bytes(32)),
        ("a\nb", 0, bytes(32)),
        ("a", -1, bytes(32)),
        ("a", True, bytes(32)),
        ("a", 2**63, bytes(32)),
        ("a", 0, bytes(31)),
        ("a", 0, bytes(32), ("",)),
        ("a", 0, bytes(32), ("b\nc",)),
    ],
)
def test_a_checkpoint_that_cannot_be_written_is_refused(parts):
    with pytest.raises(UsageError, match="of a checkpoint"):
        Checkpoint(*parts)
