"""`bpcore doctor`: try what usually breaks on a learner's machine, and say for each fault what mends it."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

OLDEST_PYTHON = (3, 11)
NEEDED_SPACE = 200_000_000  # bytes: a course with its outputs, and room for Jupyter's own files
FIRST_PORT, PORTS = 8888, 50
WIDGET_PARTS = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
KERNEL_SECONDS = 60


@dataclass(frozen=True)
class Finding:
    """One thing that was tried: what, what was found, and, when it is wrong, what mends it."""

    what: str
    found: str
    remedy: str = ""
    stops: bool = True  # whether the course cannot be worked with until it is mended

    @property
    def fine(self) -> bool:
        """Whether nothing is to be mended."""
        return not self.remedy

    def text(self) -> str:
        """A line, and the remedy under it."""
        sign = "ok     " if self.fine else "WRONG  " if self.stops else "note   "
        line = f"{sign}{self.what}: {self.found}"
        return line if self.fine else f"{line}\n       → {self.remedy}"


def check_python() -> Finding:
    """The interpreter is new enough."""
    found = ".".join(map(str, sys.version_info[:3])) + f" ({sys.executable})"
    if sys.version_info >= OLDEST_PYTHON:
        return Finding("Python", found)
    wanted = ".".join(map(str, OLDEST_PYTHON))
    return Finding("Python", found, f"Install Python {wanted} or newer, and bpcore in an environment made with it.")


def check_packages() -> Iterator[Finding]:
    """What bpcore needs is installed, in versions that it can work with."""
    from packaging.requirements import Requirement

    try:
        needed = [Requirement(line) for line in importlib.metadata.requires("bpcore") or []]
    except importlib.metadata.PackageNotFoundError:
        yield Finding("Packages", "bpcore itself is not installed here", "Install it: pip install bpcore, or make lab.")
        return
    wrong = []
    for requirement in needed:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} is {version}, and has to be {requirement.specifier}")
    if wrong:
        yield Finding("Packages", "; ".join(wrong), f"{sys.executable} -m pip install --upgrade bpcore")
    else:
        yield Finding("Packages", f"all of bpcore {importlib.metadata.version('bpcore')}'s are there")


def check_kernel() -> Finding:
    """A notebook's kernel starts, is this Python, and finds bpcore."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import start_new_kernel

    try:
        told = KernelSpecManager().get_kernel_spec("python3").argv[0]
        manager, client = start_new_kernel(kernel_name="python3", startup_timeout=KERNEL_SECONDS)
    except Exception as error:  # whatever a broken installation raises: it is what is asked for here
        remedy = f"{sys.executable} -m pip install --force-reinstall ipykernel"
        return Finding("Notebook kernel", f"it does not start ({type(error).__name__}: {error})", remedy)
    try:
        printed: list[str] = []
        reply = client.execute_interactive(
            "import sys, bpcore; print(sys.prefix)",
            timeout=KERNEL_SECONDS,
            output_hook=lambda message: printed.append(message["content"].get("text", "")),
        )
    except TimeoutError:
        remedy = "Close other programs and try again; a slow disk or a virus scanner can hold it up."
        return Finding("Notebook kernel", f"no answer within {KERNEL_SECONDS} s", remedy)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if reply["content"]["status"] != "ok":
        remedy = f"{sys.executable} -m ipykernel install --sys-prefix --name python3"
        return Finding("Notebook kernel", f"{told} runs, and cannot import bpcore", remedy)
    return Finding("Notebook kernel", f"starts, and finds bpcore in {''.join(printed).strip()}")


def check_widgets() -> Finding:
    """JupyterLab will find the two parts that widgets need in the browser."""
    from jupyter_core.paths import jupyter_path

    places = [Path(place) for place in jupyter_path("labextensions")]
    missing = [part for part in WIDGET_PARTS if not any((place / part / "package.json").is_file() for place in places)]
    if missing:
        remedy = f"{sys.executable} -m pip install --force-reinstall ipywidgets jupyterlab_widgets anywidget"
        return Finding("Widgets", f"JupyterLab lacks {' and '.join(missing)}: widgets stay pictures", remedy)
    return Finding("Widgets", "JupyterLab has what they need")


def check_folder(folder: Path) -> Iterator[Finding]:
    """The learner's folder (or the one it will be made in) can be written, and there is room."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    if not place.is_dir():
        yield Finding("Your folder", f"{place} is a file", "Choose another folder: bpcore lab FOLDER")
        return
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"bpcore")
    except OSError as error:
        remedy = "Choose a folder of your own, for example in your home: bpcore lab FOLDER"
        yield Finding("Your folder", f"{place} cannot be written ({error.strerror})", remedy)
        return
    free = shutil.disk_usage(place).free
    found = f"{folder} can be written, {free / 1e9:.1f} GB free"
    if free < NEEDED_SPACE:
        yield Finding("Your folder", found, f"Make room: the course needs about {NEEDED_SPACE / 1e6:.0f} MB.")
    else:
        yield Finding("Your folder", found)


def check_port() -> Finding:
    """There is a free port on this machine for JupyterLab."""
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        with socket.socket() as server:
            try:
                server.bind(("127.0.0.1", port))
            except OSError:
                continue
            return Finding("Port", f"{port} on 127.0.0.1 is free")
    remedy = "Stop other Jupyter servers (jupyter server list; jupyter server stop PORT)."
    return Finding("Port", f"none of {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free", remedy)


def check_browser() -> Finding:
    """There is a browser to show the course in."""
    from bpcore.lab import can_open_browser

    if can_open_browser():
        return Finding("Browser", "one can be opened")
    remedy = "bpcore lab prints an address: copy it into a browser on this machine."
    return Finding("Browser", "none can be opened from here", remedy, stops=False)


def check_local_files(folder: Path) -> Finding:
    """No file beside a notebook takes the place of a module that the notebook imports."""
    names = sys.stdlib_module_names | {"numpy", "bpcore", "matplotlib", "ipywidgets", "anywidget"}
    beside = [*sorted(folder.glob("*.py")), *sorted(folder.glob("*/*.py"))]
    if here := [path for path in beside if path.stem in names]:
        remedy = "Rename it: a notebook beside it would import it in place of the module of that name."
        return Finding("Files in the way", ", ".join(path.name for path in here), remedy)
    return Finding("Files in the way", "none")


def check_proxy() -> Iterator[Finding]:
    """A proxy that also takes the addresses of this machine keeps the browser from the notebooks."""
    proxies = [name for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY") if os.environ.get(name)]
    direct = os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))
    if proxies and not any(name in direct for name in ("127.0.0.1", "localhost", "*")):
        remedy = "Set no_proxy=127.0.0.1,localhost, and say the same to your browser."
        yield Finding("Proxy", f"{proxies[0]} is set, and does not except this machine", remedy, stops=False)


def check_wsl() -> Iterator[Finding]:
    """In Windows' own Linux, files on the Windows side are slow, and no browser opens by itself."""
    release = subprocess.run(["uname", "-r"], capture_output=True, text=True).stdout if shutil.which("uname") else ""
    if "microsoft" in release.lower() and str(Path.cwd()).startswith("/mnt/"):
        remedy = "Work in a folder of the Linux side, such as ~/my-course: it is many times faster."
        yield Finding("Windows' Linux", f"{Path.cwd()} is on the Windows side", remedy, stops=False)


def examine(folder: Path) -> Iterator[Finding]:
    """Try everything, and tell each finding as soon as it is there."""
    steps: Sequence[Callable[[], Finding | Iterator[Finding]]] = (
        check_python,
        check_packages,
        check_widgets,
        lambda: check_folder(folder),
        check_port,
        check_proxy,
        check_wsl,
        lambda: check_local_files(folder),
        check_browser,
        check_kernel,
    )
    for step in steps:
        outcome = step()
        yield from [outcome] if isinstance(outcome, Finding) else outcome


def main(argv: list[str] | None = None) -> int:
    """`bpcore doctor`: try what usually breaks, and say what mends it; status 1 when something has to be mended."""
    parser = argparse.ArgumentParser(prog="bpcore doctor", description=main.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("my-course"), help="where you work (my-course)")
    parser.add_argument("--grading", action="store_true", help="try the wall around students' code, for who grades")
    options = parser.parse_args(argv)
    if options.grading:
        from bpcore.grading.doctor import main as examine_wall

        return examine_wall([])
    worst = 0
    for finding in examine(options.folder.expanduser().absolute()):
        print(finding.text(), flush=True)
        worst = max(worst, int(not finding.fine and finding.stops))
    print("\nSomething has to be mended: follow the arrows." if worst else "\nNothing stands in the way of the course.")
    return worst
