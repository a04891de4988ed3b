"""Give a learner a folder of their own and open it in JupyterLab."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import webbrowser
from pathlib import Path
from urllib.parse import quote

from bpcore.diary import HOME, progress_of, read, units_in
from bpcore.errors import BpcoreError

TEACHERS = ("formgrader", "assignment_list", "course_list")
FIRST_NOTEBOOK = "00_start/00_start.ipynb"


class LabError(BpcoreError):
    """The learner's folder or the course's notebooks are not as the lab needs them."""


def course_dir() -> Path:
    """The folder of the course's notebooks: `course`, beside the package in a clone of the repository."""
    return Path(__file__).resolve().parent.parent / "course"


def copy_missing(source: Path, target: Path) -> list[Path]:
    """Copy each file of the course that the learner does not have yet; return the new files, sorted.

    Whatever already stands under a file's name is left exactly as it is: older or newer, file, folder or link.
    A copy that is interrupted leaves no half-written notebook behind.

    Raises LabError when `source` is no folder, when `target` is a file or lies inside the course, when a file stands
    where a folder has to be, and when `target` cannot be written.
    """
    source, target = Path(source), Path(target)
    if not source.is_dir():
        raise LabError(
            f"The course's notebooks should be in {source}, and there is no such folder. "
            "They come with a clone of the repository: install bpcore from there, with pip install -e ."
        )
    if target.resolve().is_relative_to(source.resolve()):
        raise LabError(
            f"{target} is the course's own folder, which should stay as it was released. "
            "Choose another folder to work in, for example: bpcore lab my-course"
        )
    copied = []
    try:
        _make_folder(target)
        for original in sorted(source.rglob("*")):
            relative = original.relative_to(source)
            if not original.is_file() or any(part.startswith((".", "__")) for part in relative.parts):
                continue  # checkpoints and caches are nobody's course
            wanted = target / relative
            _make_folder(wanted.parent)
            # lexists and not exists: a link that leads nowhere is the learner's too.
            if not os.path.lexists(wanted) and _copy_new(original, wanted):
                copied.append(wanted)
    except OSError as error:
        raise LabError(
            f"The course cannot be copied into {target}: {error.strerror or error}. "
            "Make room or allow writing there, or choose another folder: bpcore lab FOLDER"
        ) from error
    return copied


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        obstacle = next(path for path in (folder, *folder.parents) if os.path.lexists(path) and not path.is_dir())
        raise LabError(
            f"{obstacle} is a file, and the course needs a folder of that name. Rename it, or choose another folder: "
            "bpcore lab FOLDER"
        ) from error


def _copy_new(original: Path, wanted: Path) -> bool:
    """Copy `original` to `wanted` in one step, and only if nothing stands there: say whether it was copied."""
    part = wanted.with_name(f".{wanted.name}.{secrets.token_hex(4)}.part")
    try:
        # Contents only: a read-only original must not give the learner a notebook that cannot be saved.
        with original.open("rb") as reader, part.open("xb") as writer:
            shutil.copyfileobj(reader, writer)
        try:
            # A hard link appears whole, and refuses a name that is taken; a rename would replace it on most systems.
            os.link(part, wanted)
        except FileExistsError:
            return False
        except OSError:
            # A memory stick or a network folder may know no links: take the name first, then fill it.
            try:
                wanted.open("xb").close()
            except FileExistsError:
                return False
            os.replace(part, wanted)
    finally:
        part.unlink(missing_ok=True)
    return True


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

    Raises LabError as `copy_missing` does, and SystemExit when JupyterLab cannot start.
    """
    folder = Path(folder).expanduser().absolute()
    copied = copy_missing(course or course_dir(), folder)
    news = f"{len(copied)} new from the course" if copied else "nothing new from the course"
    print(f"Your folder: {folder} ({news}; your own work is untouched)")
    os.environ[HOME] = str(folder)  # kernels inherit it: they write down there what was done
    if entries := read(folder):
        print(progress_of(entries, units_in(folder)).text())

    page = f"lab/tree/{quote(FIRST_NOTEBOOK)}" if (folder / FIRST_NOTEBOOK).is_file() else "lab"
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
