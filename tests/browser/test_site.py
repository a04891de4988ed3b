"""The site without installation opens in a browser: the notebook is shown, and only Python comes from elsewhere."""

from __future__ import annotations

import functools
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = "05_backpropagation"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, str(ROOT / "scripts" / "make_site.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_package_lies_beside_the_notebooks(site):
    folder, _ = site
    assert [path.name.partition("-")[0] for path in (folder / "pypi").glob("*.whl")] == ["bpcore"]
    assert {path.stem for path in (folder / "files").glob("*/*.ipynb")} == {
        path.stem for path in (ROOT / "course").glob("*/*.ipynb")
    }


def test_the_package_holds_the_course_what_its_modules_read_and_no_solution(site):
    (wheel,) = (site[0] / "pypi").glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    data = {path for kind in ("js", "css", "json", "npz", "md") for path in (ROOT / "bpcore").rglob(f"*.{kind}")}
    assert {str(path.relative_to(ROOT)) for path in data} <= held
    assert {f"bpcore/{path.relative_to(ROOT)}" for path in (ROOT / "course").glob("*/*.ipynb")} <= held
    assert not any("solution" in name for name in held)


def test_a_notebook_opens_and_only_python_comes_from_elsewhere(site, page):
    _, address = site
    elsewhere = []
    page.on("request", lambda r: elsewhere.append(r.url) if not r.url.startswith((address, "data:", "blob:")) else None)
    page.route(lambda url: not url.startswith(address), lambda route: route.abort())
    page.goto(f"{address}/lab/index.html?path={UNIT}/{UNIT}.ipynb")
    page.get_by_role("heading", name="Backpropagation").first.wait_for()
    page.locator(".jp-Notebook .jp-Cell").get_by_text("--no-deps").first.wait_for()
    assert [url for url in elsewhere if "pyodide" not in url] == []
