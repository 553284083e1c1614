"""The page of a packet: drawn from packet.json alone, inert, a changed line of it named; in a browser and on paper."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.core.errors import InputError, UsageError
from creditscore.core.i18n import Lang
from creditscore.evidence.packet.files import verify_packet, write_packet
from creditscore.evidence.packet.form import text_of
from creditscore.evidence.packet.gather import run_in_folder
from creditscore.evidence.packet.page import packet_document
from creditscore.evidence.packet.results import build_packet
from creditscore.grading.grade import grade
from creditscore.present.html import render_page
from creditscore.present.terminal import render_text
from creditscore.records import ingest
from tests.evidence.packet.conftest import folder, packet, snapshot
from tests.pages.test_browser import BROWSER, PROBE, browse
from tests.present.test_html import LANGS, OWN, Page

__all__ = ["folder", "packet", "snapshot"]  # fixtures
Packet = dict[str, Any]


TITLES: dict[Lang, tuple[str, ...]] = {
    "zh": ("概要", "计算表", "未采用的记录", "决定性记录", "仅供参考", "修复途径", "来源与校验"),
    "en": ("Summary", "Arithmetic", "Records not used", "Decisive records", "advisory", "Ways to repair", "Provenance"),
}


def page_of(packet: Packet, lang: Lang) -> str:
    return render_page(packet_document(packet, lang))


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_follows_from_the_file(packet: Packet, lang: Lang) -> None:
    page = page_of(json.loads(text_of(packet)), lang)
    assert page == page_of(packet, lang)
    for row in packet["results"]["records"]:
        assert row["record_id"] in page
    assert all(title in page for title in TITLES[lang])
    assert packet["digest"] in page
    assert "<h1><bdi>&lt;i&gt;甲厂" in page  # the name heads it
    assert all(title in render_text(packet_document(packet, lang)) for title in TITLES[lang])


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_in_the_page_acts_or_loads(packet: Packet, lang: Lang) -> None:
    page = page_of(packet, lang)
    assert "<i>甲厂" not in page
    assert "&lt;i&gt;甲厂" in page
    assert not re.search(r"<(img|link(?! rel=\"icon\")|iframe|object)|https?://|url\(|@import", page)
    assert Page(page).scripts == OWN[:1]  # the only script is the one that sorts tables
    assert "default-src 'none'" in page


def test_both_files_or_none(packet: Packet, tmp_path: Path) -> None:
    files = write_packet(packet, tmp_path / "one")
    assert [file.name for file in files] == ["packet.json", "packet.html", "packet.en.html"]
    before = [file.read_bytes() for file in files]
    write_packet(packet, tmp_path / "one")  # an earlier packet is replaced
    assert [file.read_bytes() for file in files] == before
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "letter.txt").write_text("x")
    with pytest.raises(UsageError, match="holds something else"):
        write_packet(packet, tmp_path / "else")
    with pytest.raises(InputError, match=r"packet\.json not found"):
        verify_packet(tmp_path / "else")


def test_a_changed_digit_of_the_page_is_named(packet: Packet, tmp_path: Path) -> None:
    page = write_packet(packet, tmp_path / "one")[1]
    text = page.read_text(encoding="utf-8")
    place = text.index("2020年2月10日")
    page.write_text(text[:place] + "2021" + text[place + 4 :], encoding="utf-8")
    (changed,) = verify_packet(tmp_path / "one")
    assert (changed.file, changed.line) == ("packet.html", text.count("\n", 0, place) + 1)
    assert "2021年2月10日" in changed.stands
    assert "2020年2月10日" in changed.expected


@pytest.mark.pages
@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_the_page_on_screen_and_on_paper(packet: Packet, tmp_path: Path) -> None:
    page = write_packet(packet, tmp_path / "one")[1]
    seen = browse(page, tmp_path, "--dump-dom", f"--log-net-log={tmp_path / 'net.json'}")
    assert "CONSOLE" not in seen.stderr, seen.stderr
    assert "复核案卷" in seen.stdout
    assert asked_for(tmp_path / "net.json") == []
    curious = tmp_path / "curious.html"  # a page that does ask is seen
    curious.write_text('<!doctype html><img src="http://127.0.0.1:9/x.png">', encoding="utf-8")
    browse(curious, tmp_path, "--dump-dom", f"--log-net-log={tmp_path / 'curious.json'}")
    assert asked_for(tmp_path / "curious.json") == ["http://127.0.0.1:9/x.png"]
    paper = tmp_path / "packet.pdf"
    browse(page, tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    pdf = paper.read_bytes()
    assert set(re.findall(rb"/MediaBox ?\[0 0 (\d+)[.\d]* (\d+)", pdf)) == {(b"594", b"841")}  # A4 in points
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE, encoding="utf-8")
    if "boxes" in re.findall(r"<title>([^<]+)</title>", browse(probe, tmp_path, "--dump-dom").stdout)[0]:
        pytest.skip("no font with Chinese letters is installed")
    drawn = letters(pdf)
    assert {"复", "核", "案", "卷", "记", "录", "概", "要"} <= drawn


def asked_for(log: Path) -> list[str]:
    """Addresses that a page from a file asked a network for; what the browser itself asks for is not the page's."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    own = [line for line in lines if '"network_isolation_key":"file://' in line]
    addresses = [address for line in own for address in re.findall(r'"url":"((?:https?|wss?|ftp):[^"]*)"', line)]
    return sorted(set(addresses))


def letters(pdf: bytes) -> set[str]:
    """The letters that the fonts in a PDF hold a glyph for, by its tables from glyph to letter; glyph 0 is the box."""
    shown_letters: set[str] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        if b"beginbfchar" not in text and b"beginbfrange" not in text:
            continue
        for glyph, letter in re.findall(rb"^<([0-9A-F]{4})> <([0-9A-F]{4})>$", text, re.MULTILINE):
            if int(glyph, 16):
                shown_letters.add(chr(int(letter, 16)))
        for low, high, letter in re.findall(rb"^<([0-9A-F]{4})> <([0-9A-F]{4})> <([0-9A-F]{4})>$", text, re.MULTILINE):
            for k in range(int(high, 16) - int(low, 16) + 1):
                if int(low, 16) + k:
                    shown_letters.add(chr(int(letter, 16) + k))
    return shown_letters


def test_an_entry_stands_under_the_name_that_its_list_had_then(tmp_path: Path) -> None:
    """Entered as a defaulter of wages in 2021, on the blacklist of that year, and graded under the list of 2022."""
    subject = "91500000MAAAAAA188"
    entry = {"listing_id": "L1", "subject_id": subject, "list": "wage_arrears", "entered_on": "2021-06-01"}
    source = ingest(
        subjects=pd.DataFrame([{"subject_id": subject}]),
        records=pd.DataFrame({"record_id": [], "subject_id": [], "item": []}),
        listings=pd.DataFrame([{**entry, "term_end": "2022-05-31"}]),
    )
    folder = grade(source, "wage_arrears", as_of="2022-03-01").write(tmp_path / "graded")
    packet = build_packet(run_in_folder(folder, subject), source)
    named = {option["label"]["zh"] for option in packet["results"]["repair"]["options"]}
    assert named | {packet["results"]["entries"]["L1"]["zh"]} == {"拖欠农民工工资“黑名单”"}
    rows = re.findall(r"(?s)<tr\b.*?</tr>", page_of(packet, "zh"))
    (ending,) = [row for row in rows if "L1" in row and "2022年5月31日" in row and "<td" in row and "黑名单" in row]
    assert "失信联合惩戒" not in ending
