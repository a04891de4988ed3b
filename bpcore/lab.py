"""Give a learner a folder of their own and open it in JupyterLab."""

from __future__ import annotations

import os
import secrets
import sys
import webbrowser
from datetime import date
from pathlib import Path
from urllib.parse import quote

from bpcore.diary import HOME, progress_of, read, units_in
from bpcore.startpage import write_start
from bpcore.workplace import bring_up_to_date, course_dir

TEACHERS = ("formgrader", "assignment_list", "course_list")
SETTINGS = Path(__file__).with_name("lab_settings")  # where JupyterLab, for a learner, differs from its own defaults


def can_open_browser() -> bool:
    """Whether this machine can show a web page in a window.

    A browser for the terminal does not count, unless BROWSER names it: it would take the terminal over.
    """
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return "BROWSER" in os.environ or type(browser) is not webbrowser.GenericBrowser


def lab_arguments(folder: Path, page: str, token: str, *, port: int | None = None, browser: bool = True) -> list[str]:
    """The options with which JupyterLab serves `folder` to this machine alone, without asking the network anything."""
    arguments = [
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.kernel_websocket_connection_class=bpcore.lab_server.NoDelayConnection",
        f"--ServerApp.open_browser={browser}",
        "--Application.log_level=WARN",
        # What a teacher needs of nbgrader would complain that the learner's folder is not the course's.
        *(f"--ServerApp.jpserver_extensions=nbgrader.server_extensions.{part}=False" for part in TEACHERS),
        f"--IdentityProvider.token={token}",
        f"--LabApp.default_url=/{page}",
        f"--LabApp.app_settings_dir={SETTINGS}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if port is not None:
        # A port that was asked for is that port or an error; else the first free one will do.
        arguments += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--ServerApp.allow_root=True")
    return arguments


def open_lab(
    folder: Path | str = "my-course",
    *,
    course: Path | None = None,
    port: int | None = None,
    browser: bool = True,
) -> None:
    """Bring `folder` up to date with the course, then serve it with JupyterLab until that is stopped.

    The address, with the token that opens it, is printed on standard output. Without a browser to show it in, nothing
    is opened and the address is enough.

    Raises FolderError as `bring_up_to_date` does, and SystemExit when JupyterLab cannot start.
    """
    folder = Path(folder).expanduser().absolute()
    news = bring_up_to_date(course or course_dir(), folder).text()
    print(f"Your folder: {folder}\n{news or 'Nothing new from the course.'} Your own work is untouched.")
    os.environ[HOME] = str(folder)  # kernels inherit it: they write down there what was done
    entries = read(folder)
    if entries:
        print(progress_of(entries, units_in(folder)).text())
    start = write_start(folder, entries, date.today())
    page = f"lab/tree/{quote(start.name)}" if start else "lab"
    # A token of our own, so that the whole address can be printed in one plain line instead of Jupyter's log.
    token = secrets.token_hex(24)
    browser = browser and can_open_browser()

    def announce(address: str) -> None:
        hint = "If no page opens by itself, copy" if browser else "Copy"
        print(f"{hint} this address into a browser on this machine:\n\n    {address}/{page}?token={token}\n")
        stop = "Ctrl-C, twice" if sys.stdin is not None and sys.stdin.isatty() else "Ctrl-C"
        print(f"To stop: save your notebooks, then press {stop}.", flush=True)

    # Jupyter takes a second to import: a mistaken folder is told about before that.
    from bpcore.lab_server import serve

    serve(lab_arguments(folder, page, token, port=port, browser=browser), announce)
