"""Measures what a student needs on a server: the memory of JupyterLab, and of a kernel that ran a unit."""

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import nbformat
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 120


def megabytes(pid: int) -> dict[str, float]:
    """What a process holds: all that is in memory, the share that is its own, and the most that it ever held."""
    wanted = {"smaps_rollup": ("Rss", "Pss"), "status": ("VmHWM",)}
    found = {}
    for file, names in wanted.items():
        for line in Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8").splitlines():
            name, _, rest = line.partition(":")
            if name in names:
                found[name] = int(rest.split()[0]) / 1024
    return found


def kernel(unit: str) -> dict[str, float]:
    """A kernel that ran all of a unit's solved notebook."""
    notebook = nbformat.read(ROOT / "solutions" / unit / f"{unit}.ipynb", as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        manager, client = start_new_kernel(cwd=folder)
        try:
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    reply = client.execute_interactive(cell.source, timeout=SECONDS, output_hook=lambda message: None)
                    assert reply["content"]["status"] == "ok", reply["content"]
            return megabytes(manager.provisioner.process.pid)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def server() -> dict[str, float]:
    """JupyterLab that has just started, and has given its page once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        options = ["--no-browser", f"--port={port}", "--allow-root", "--IdentityProvider.token="]
        program = [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={folder}"]
        running = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for page in ("api/status", "lab", "api/contents"):
                _given(f"http://127.0.0.1:{port}/{page}")
            return megabytes(running.pid)
        finally:
            running.terminate()
            running.wait(30)


def _given(address: str) -> bytes:
    """What a server answers, as soon as it does. Raises OSError after SECONDS."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            with urlopen(address, timeout=30) as answer:
                return answer.read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    for what, held in (("JupyterLab", server()), *((u, kernel(u)) for u in sys.argv[1:] or ["05_backpropagation"])):
        print(f"{what:24}", "  ".join(f"{name} {value:5.0f} MB" for name, value in held.items()))
