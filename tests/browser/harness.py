"""A JupyterLab of the test's own and what a person does in it: open a notebook, run cells, validate.

Nothing here sleeps: each step waits for what it needs, and a time limit turns an endless wait into a failure.
"""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Page, sync_playwright

GUARD = Path(__file__).with_name("guard.py")
SERVE = Path(__file__).with_name("serve.py")
CHROMIUM_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
THEMES = ("JupyterLab Light", "JupyterLab Dark")
START_SECONDS = 60
STEP_SECONDS = 30

# Whatever moves by itself, asks the network or hides cells that are out of sight would make a test guess.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
DISABLED = (
    "@jupyterlab/apputils-extension:splash",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/lsp-extension",
    "@jupyterlab/fileeditor-extension:language-server",
    "@jupyterlab/notebook-extension:language-server",
)


@dataclass
class Server:
    """A program that serves on this machine: its process, the folder it serves, what it printed, where it listens."""

    process: subprocess.Popen
    root: Path
    lines: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def log(self) -> str:
        return "".join(self.lines)


def private_environment(folder: Path) -> dict[str, str]:
    """The environment of this process, with Jupyter's and IPython's folders moved into `folder`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTEST_"))}
    # Set, this would keep figures out of the notebook.
    env.pop("MPLBACKEND", None)
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        place = folder / name.lower()
        place.mkdir(parents=True, exist_ok=True)
        env[name] = str(place)
    return env | {"JUPYTER_PLATFORM_DIRS": "1", "PYTHONUNBUFFERED": "1"}


@contextmanager
def served(arguments: Sequence[str], *, root: Path, cwd: Path, env: dict[str, str], pattern: str) -> Iterator[Server]:
    """Run a module or a file with its arguments until the block ends; `pattern` finds its address in its output.

    The server also stops when this process dies. Raises RuntimeError with the output when no address appears.
    """
    process = subprocess.Popen(
        [sys.executable, str(GUARD), *arguments],
        cwd=cwd,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    arrived: queue.Queue[str | None] = queue.Queue()
    server = Server(process, root)

    def read() -> None:
        # To the very end: a pipe that nobody empties would stop the server.
        for line in process.stdout:
            server.lines.append(line)
            arrived.put(line)
        arrived.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.url:
            try:
                line = arrived.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise RuntimeError(f"{' '.join(arguments)} gave no address:\n{server.log}")
            if found := re.search(pattern, line):
                server.url = found[1]
        yield server
    finally:
        process.stdin.close()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)
        process.stdout.close()


@contextmanager
def jupyterlab(root: Path, private: Path, *, settings: dict | None = None) -> Iterator[Server]:
    """JupyterLab serving `root`, with every folder it writes to in `private`, and the connection the course uses."""
    env = private_environment(private)
    config = Path(env["JUPYTER_CONFIG_DIR"]) / "labconfig"
    config.mkdir(exist_ok=True)
    (config / "default_setting_overrides.json").write_text(json.dumps(SETTINGS | (settings or {})))
    (config / "page_config.json").write_text(json.dumps({"disabledExtensions": dict.fromkeys(DISABLED, True)}))
    arguments = [
        str(SERVE),
        "--no-browser",
        "--allow-root",
        f"--ServerApp.root_dir={root}",
        "--ServerApp.ip=127.0.0.1",
        # Any free port: servers that start side by side would all find the usual one free, and then quarrel over it.
        "--ServerApp.port=0",
        "--ServerApp.kernel_websocket_connection_class=bpcore.lab_server.NoDelayConnection",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        "--ServerApp.disable_check_xsrf=True",
        "--LabApp.expose_app_in_browser=True",
        f"--LabApp.workspaces_dir={private / 'workspaces'}",
        f"--LabApp.user_settings_dir={private / 'settings'}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    pattern = r"^serving at (http://127\.0\.0\.1:\d+)$"
    with served(arguments, root=root, cwd=private, env=env, pattern=pattern) as server:
        yield server


@contextmanager
def browser(executable: str) -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        try:
            yield running
        finally:
            running.close()


def write_notebook(path: Path, cells: Sequence[str | nbformat.NotebookNode]) -> Path:
    """Write a notebook; a cell that is a string is code."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index}"
    notebook.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def open_notebook(page: Page, url: str, path: str, theme: str | None = None) -> None:
    """Show one notebook, by its path below the server's root, and wait until its kernel answers."""
    page.goto(f"{url}/doc/tree/{path}")
    page.wait_for_function(
        """() => {
            const panel = window.jupyterapp?.shell?.currentWidget;
            return panel?.context?.isReady && panel.content?.widgets?.length > 0;
        }""",
        timeout=START_SECONDS * 1000,
    )
    page.evaluate(
        """async () => {
            const panel = window.jupyterapp.shell.currentWidget;
            await window.jupyterapp.restored;
            await panel.revealed;
            await panel.sessionContext.ready;
            await panel.sessionContext.session.kernel.info;
        }"""
    )
    if theme is not None:
        set_theme(page, theme)


def set_theme(page: Page, theme: str) -> None:
    """Change JupyterLab's theme, and wait until the page wears it."""
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)


def run_all(page: Page) -> list[str]:
    """Run every cell and return the errors that are shown, as text: an empty list is what one hopes for.

    As for a person, the cells after an error are not run.
    """
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => null)")
    return error_texts(page)


def run_cell(page: Page, index: int) -> list[dict]:
    """Run the cell at that position and return its outputs, in the notebook format's own form."""
    page.evaluate(
        """async index => {
            const panel = window.jupyterapp.shell.currentWidget;
            panel.content.activeCellIndex = index;
            await window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        index,
    )
    return outputs(page, index)


def outputs(page: Page, index: int) -> list[dict]:
    """The outputs of the cell at that position, in the notebook format's own form."""
    return page.evaluate(
        "index => window.jupyterapp.shell.currentWidget.content.widgets[index].model.outputs.toJSON()", index
    )


def set_source(page: Page, index: int, source: str) -> None:
    """Put another text into the cell at that position."""
    page.evaluate(
        """([index, source]) => {
            window.jupyterapp.shell.currentWidget.content.widgets[index].model.sharedModel.setSource(source);
        }""",
        [index, source],
    )


def error_texts(page: Page) -> list[str]:
    """The text of each error output in the notebook, in the order of the cells."""
    return page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap(
            cell => (cell.model.outputs?.toJSON() ?? [])
                .filter(output => output.output_type === 'error')
                .map(output => `${output.ename}: ${output.evalue}\\n${output.traceback.join('\\n')}`)
        )"""
    )


def validate(page: Page) -> str:
    """Click nbgrader's Validate, which saves the notebook and runs a fresh copy; close its dialog, return its text."""
    page.locator(".validate-button").click()
    dialog = page.locator(".jp-Dialog")
    # It runs the whole notebook in a kernel of its own.
    dialog.wait_for(timeout=2 * START_SECONDS * 1000)
    text = dialog.inner_text()
    dialog.get_by_role("button", name="OK").click()
    dialog.wait_for(state="detached")
    return text
