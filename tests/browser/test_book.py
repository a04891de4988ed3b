"""The reading copy is whole: it builds without a warning, no link is dead, and it asks the network for nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
UNIT = "05_backpropagation"


class Links(HTMLParser):
    """What a page links to or loads, and the places in it that can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and ((tag == "a" and name == "href") or name == "src" or (tag == "link" and name == "href")):
                self.targets.append(value)
            elif value and name in ("id", "name"):
                self.ids.add(value)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, made as `make book` makes them, with one unit of the course."""
    folder = tmp_path_factory.mktemp("book")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("course", "_build", "__pycache__"))
    (folder / "course").symlink_to(ROOT / "course")
    for command in (
        [sys.executable, "docs/course.py", UNIT],
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", "book"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "book"


def test_no_link_is_dead(book):
    pages = {path: Links(path.read_text(encoding="utf-8")) for path in book.rglob("*.html")}
    dead = []
    for path, links in pages.items():
        for target in links.targets:
            split = urlsplit(target)
            if split.scheme or split.netloc:
                continue
            other = (path.parent / unquote(split.path)).resolve() if split.path else path
            if not other.exists() or (
                split.fragment and other in pages and unquote(split.fragment) not in pages[other].ids
            ):
                dead.append(f"{path.name} -> {target}")
    assert dead == []
    assert len(pages) > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_unit_reads_well_with_its_pictures_and_formulas(book, page, scheme):
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.emulate_media(color_scheme=scheme)
    page.goto((book / "course" / f"{UNIT}.html").as_uri())

    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
    assert page.locator("h1").count() == 1
    assert page.locator("math").count() > 3
    assert page.get_by_text("dense_vjp: ours, until yours passes its check").count() == 1
    pictures = page.locator(".cell_output img")
    assert pictures.count() > 2
    assert all(pictures.evaluate_all("images => images.map(i => i.complete && i.naturalWidth > 100)"))


def test_a_widget_is_its_picture(book, page):
    page.goto((book / "course" / f"{UNIT}.html").as_uri())
    text = page.content()
    assert "vnd.jupyter.widget" not in text
    assert page.locator("script[src^=http]").count() == 0


def test_the_reference_tells_formulas_and_sources(book):
    text = (book / "api" / "formulas.html").read_text(encoding="utf-8")
    assert "dX = g Wᵀ, dW = Xᵀ g" in text
    assert "Rumelhart, Hinton &amp; Williams" in text


def test_no_solution_is_in_it(book):
    text = (book / "course" / f"{UNIT}.html").read_text(encoding="utf-8")
    assert "raise NotImplementedError" in text.replace('<span class="k">', "").replace("</span>", "").replace(
        '<span class="ne">', ""
    )
    assert "BEGIN SOLUTION" not in text
