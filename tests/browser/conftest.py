"""One JupyterLab and one Chromium for the browser tests of a process; a fresh page for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from . import harness

# Package scope and not session: while Playwright runs, its event loop holds the main thread, and a later test of
# another folder that starts a loop of its own would fail.


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with harness.browser(chromium) as running:
        yield running


@pytest.fixture(scope="package")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[harness.Server]:
    """JupyterLab on an empty folder, `lab.root`: what a test writes there, it can open."""
    base = tmp_path_factory.mktemp("lab")
    (base / "root").mkdir()
    (base / "private").mkdir()
    with harness.jupyterlab(base / "root", base / "private") as server:
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(harness.STEP_SECONDS * 1000)
    yield context.new_page()
    context.close()


@pytest.fixture(params=harness.THEMES, ids=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return request.param
