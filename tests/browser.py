"""A browser for tests: Debian's Chromium through Playwright. What a page asks of the network is refused and noted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REQUIRED = "CREDITSCORE_REQUIRE_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (390, 820, 1440)
HERE = ("file:", "data:", "about:", "http://127.0.0.1", "http://localhost")
SERIOUS = ("serious", "critical")

# What reaches beyond the window and cannot be scrolled to within its own frame.
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.body.querySelectorAll("*")]
    .filter(e => e.getBoundingClientRect().right > width + 1)
    .filter(e => !e.parentElement.closest("[tabindex='0'], .wide"))
    .slice(0, 5)
    .map(e => `${e.tagName.toLowerCase()}.${e.className} ends at ${Math.round(e.getBoundingClientRect().right)}`);
}"""


def find_browser() -> str | None:
    """Return the path of a Chromium; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield a running Chromium."""
    path = find_browser()
    if path is None:
        if os.environ.get(REQUIRED):
            raise LookupError(f"no Chromium is installed, and {REQUIRED} asks for one")
        pytest.skip("no Chromium is installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


def find_faults(browser: Browser, file: Path, width: int) -> list[str]:
    """Open a page as wide as a window and say what is wrong with it: network, console, what is cut, who is shut out.

    Parameters
    ----------
    browser
        A running browser.
    file
        The page.
    width
        Of the window, in pixels.

    Returns
    -------
    list of str
        One line for each fault.
    """
    faults: list[str] = []
    with browser.new_context(viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.on("console", lambda message: faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("request", lambda asked: faults.extend(_leaves(asked.url)))
        page.goto(file.as_uri())
        faults += [f"cut at {width} px: {what}" for what in page.evaluate(OVERFLOW)]
        faults += find_barriers(page)
    return [f"{file.name}: {fault}" for fault in faults]


def _leaves(url: str) -> list[str]:
    """Say that an address is not of this machine, or nothing."""
    return (
        [] if url.startswith(("file:", "data:", "about:", "http://127.0.0.1", "http://localhost")) else [f"asks {url}"]
    )


def find_barriers(page: Page) -> list[str]:
    """Say what axe-core calls serious or critical on a page."""
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['target'][0]} {node['html'][:120]}"
        for violation in violations
        if violation["impact"] in SERIOUS
        for node in violation["nodes"][:3]
    ]
