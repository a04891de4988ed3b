"""The course's tools work in a real JupyterLab: a notebook runs, Validate judges, and `bpcore lab` serves."""

from __future__ import annotations

import json
import re
import shutil
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
import websocket
from nbgrader.utils import compute_checksum

import bpcore

from . import harness


def test_a_notebook_runs_and_shows_html(lab, page, theme):
    html = "from IPython.display import HTML\nHTML('<p style=\"color: var(--jp-ui-font-color1)\">a picture</p>')"
    harness.write_notebook(lab.root / "html.ipynb", ["total = 1 + 1", html, "total"])
    harness.open_notebook(page, lab.url, "html.ipynb", theme)

    assert harness.run_all(page) == []

    shown = page.locator(".jp-RenderedHTML").get_by_text("a picture")
    shown.wait_for()
    brightness = sum(int(part) for part in re.findall(r"\d+", shown.evaluate("p => getComputedStyle(p).color"))[:3])
    assert (brightness > 3 * 128) == (theme == "JupyterLab Dark"), "the text should stand out from the page"
    assert harness.outputs(page, 2)[0]["data"]["text/plain"] == "2"


def test_an_error_is_told(lab, page):
    harness.write_notebook(lab.root / "error.ipynb", ["1 / 0", "2"])
    harness.open_notebook(page, lab.url, "error.ipynb")

    (error,) = harness.run_all(page)
    assert error.startswith("ZeroDivisionError: division by zero")
    assert harness.run_cell(page, 1)[0]["data"]["text/plain"] == "2"


def graded_cell(source: str, grade_id: str, points: int | None = None) -> nbformat.NotebookNode:
    """A cell with nbgrader's metadata: an answer, or, with points, a locked check."""
    cell = nbformat.v4.new_code_cell(source)
    grade = points is not None
    cell.metadata["nbgrader"] = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": grade,
        "schema_version": 3,
        "solution": not grade,
        "task": False,
        **({"points": points} if grade else {}),
    }
    if grade:
        cell.metadata["nbgrader"] |= {"cell_type": "code", "checksum": compute_checksum(cell)}
    return cell


def test_validate_judges_what_is_on_the_screen(lab, page):
    answer = graded_cell("def double(x):\n    raise NotImplementedError()", "double")
    check = graded_cell("assert double(2) == 4, 'twice two is four'", "check-double", 2)
    harness.write_notebook(lab.root / "validate.ipynb", [answer, check])
    harness.open_notebook(page, lab.url, "validate.ipynb")

    assert "NotImplementedError" in harness.validate(page)

    harness.set_source(page, 0, "def double(x):\n    return x * x + 1")
    assert "twice two is four" in harness.validate(page)

    harness.set_source(page, 0, "def double(x):\n    return 2 * x")
    assert "Success! Your notebook passes all the tests." in harness.validate(page)


# Jupyter reads this in the learner's configuration. It tells what has become of a kernel connection's own socket.
WATCH_NODELAY = """
import socket
from tornado.websocket import WebSocketHandler

original = WebSocketHandler.set_nodelay

def set_nodelay(self, value):
    original(self, value)
    option = self.ws_connection.stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    print(f"nodelay is {bool(option)}", flush=True)

WebSocketHandler.set_nodelay = set_nodelay
"""


@contextmanager
def bpcore_lab(tmp_path: Path, config: str = ""):
    """`bpcore lab mine`, as a learner types it, in a clone whose course is one small notebook."""
    clone = tmp_path / "clone"
    shutil.copytree(Path(bpcore.__file__).parent, clone / "bpcore", ignore=shutil.ignore_patterns("__pycache__"))
    harness.write_notebook(clone / "course" / "00_start" / "00_start.ipynb", ["6 * 7"])
    env = harness.private_environment(tmp_path / "private")
    (Path(env["JUPYTER_CONFIG_DIR"]) / "jupyter_server_config.py").write_text(config)
    arguments = ["bpcore", "lab", "mine", "--no-browser", "--port", "0"]
    pattern = r"^\s+(http://127\.0\.0\.1:\d+/\S+)$"
    with harness.served(arguments, root=clone / "mine", cwd=clone, env=env, pattern=pattern) as server:
        yield server


def get(address: str, path: str, token: str) -> dict:
    request = urllib.request.Request(f"{address}{path}", headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_bpcore_lab_serves_a_kernel_without_delay(tmp_path):
    with bpcore_lab(tmp_path, WATCH_NODELAY) as server:
        address, page, token = re.fullmatch(r"(http://127\.0\.0\.1:\d+)(/.+)\?token=(\w+)", server.url).groups()
        assert page == "/lab/tree/start.md"
        assert (server.root / "00_start" / "00_start.ipynb").is_file()

        assert "started" in get(address, "/api/status", token)
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            get(address, "/api/status", "guessed")
        refused.value.close()

        start = urllib.request.Request(
            f"{address}/api/kernels", data=b"{}", headers={"Authorization": f"token {token}"}
        )
        with urllib.request.urlopen(start, timeout=60) as answer:
            kernel = json.load(answer)["id"]
        channels = f"{address.replace('http', 'ws')}/api/kernels/{kernel}/channels?token={token}"
        connection = websocket.create_connection(channels, timeout=60)
        try:
            header = {"msg_id": "1", "msg_type": "execute_request", "session": "s", "username": "", "version": "5.3"}
            content = {"code": "6 * 7", "silent": False}
            message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
            connection.send(json.dumps(message))
            result = {}
            while result.get("msg_type") != "execute_result":
                result = json.loads(connection.recv())
            assert result["content"]["data"]["text/plain"] == "42"
        finally:
            connection.close()

        server.process.terminate()
        assert server.process.wait(20) == 0
    assert "nodelay is True" in server.log
    assert "Traceback" not in server.log


def test_bpcore_lab_opens_the_start_page_which_leads_on_and_asks_nobody_else(tmp_path, page):
    with bpcore_lab(tmp_path) as server:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(server.url)
        page.locator(".jp-MarkdownViewer").get_by_role("link", name="Begin").click()
        page.get_by_role("tab", name="00_start.ipynb").wait_for()
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
        address = server.url.partition("/lab/")[0]
        elsewhere = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
        assert elsewhere == []
        assert page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts() == []
