"""What the browser of the tests is to see, it sees: pages with one fault each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import find_faults

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title></head>'
    "<body><main><h1>A</h1>{}</main></body></html>"
)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<p>good</p>", ""),
        ('<p style="color: #bbb">pale</p>', "color-contrast"),
        ('<div style="width: 900px; background: #eee">wide</div>', "cut at 390 px: div."),
        ('<img alt="a" src="http://192.0.2.1/a.png">', "asks http://192.0.2.1"),
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "image-alt"),
        ("<script>console.log('here')</script>", "console: here"),
        ("<script>throw new Error('no')</script>", "script: no"),
    ],
)
def test_a_fault_is_seen(browser: Browser, tmp_path: Path, body: str, fault: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(body), encoding="utf-8")
    faults = find_faults(browser, page, 390)
    assert any(fault in line for line in faults) if fault else faults == []
