"""`bpcore play`: the Playground in a browser without a notebook, served by Voila to this machine alone."""

from __future__ import annotations

import argparse
import secrets
import tempfile
import time
import webbrowser
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import nbformat

from bpcore.errors import BpcoreError
from bpcore.lab import can_open_browser

PORT = 8866
TITLE = "# Neural network playground"
CELL = "from bpcore.widgets import Playground\n\nPlayground()"
LOOK_EVERY = 1000  # milliseconds between two looks at whether anybody is still here
GONE_AFTER = 20.0  # seconds without a page after which the last one is taken to be closed, and not only reloaded
# Voila's page would fetch a font from elsewhere, and wait for it where there is no network.
ONLY_FROM_HERE = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: ws://127.0.0.1:*"


class PlayError(BpcoreError):
    """The Playground cannot be served here."""


class Watch:
    """Says when to stop: some seconds after the last page was closed, or when none was opened for `idle` seconds."""

    def __init__(self, idle: float, now: float):
        self.idle, self.since, self.opened = idle, now, False

    def over(self, pages: int, now: float) -> bool:
        """Whether it is time to stop, with so many pages open now."""
        if pages:
            self.since, self.opened = now, True
            return False
        return now - self.since > (min(GONE_AFTER, self.idle) if self.opened else self.idle)


def write_page(folder: Path) -> Path:
    """The notebook that Voila shows."""
    page = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(TITLE), nbformat.v4.new_code_cell(CELL)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    path = folder / "playground.ipynb"
    nbformat.write(page, path)
    return path


def arguments(page: Path, token: str, *, port: int | None, theme: str) -> list[str]:
    """The options with which Voila serves the page, to this machine and to whoever has the token."""
    return [
        str(page),
        "--Voila.ip=127.0.0.1",
        f"--Voila.port={PORT if port is None else port}",
        f"--Voila.port_retries={50 if port is None else 0}",
        f"--Voila.token={token}",
        "--Voila.kernel_websocket_connection_class=bpcore.lab_server.NoDelayConnection",
        f"--VoilaConfiguration.theme={theme}",
        "--Application.log_level=ERROR",
        # A page that vanished without a word leaves its kernel behind.
        "--MappingKernelManager.cull_idle_timeout=120",
        "--MappingKernelManager.cull_interval=10",
    ]


def serve(page: Path, *, port: int | None, theme: str, idle: float, browser: bool) -> None:
    """Serve the page until Ctrl-C, or until nobody is there any more."""
    from tornado.ioloop import IOLoop, PeriodicCallback
    from voila.app import Voila

    class Player(Voila):
        def init_settings(self) -> dict:
            return super().init_settings() | {"headers": {"Content-Security-Policy": ONLY_FROM_HERE}}

        # Voila calls this once it listens.
        def launch_browser(self) -> None:
            address = f"http://127.0.0.1:{self.port}/?token={token}"
            print(f"The Playground is at\n\n    {address}\n")
            print("It stops when its page is closed, or with Ctrl-C.", flush=True)
            if browser:
                webbrowser.open(address)
            watch = Watch(idle, time.monotonic())

            def look() -> None:
                pages = sum(kernel["connections"] for kernel in self.kernel_manager.list_kernels())
                if watch.over(pages, time.monotonic()):
                    IOLoop.current().stop()

            PeriodicCallback(look, LOOK_EVERY).start()

    token = secrets.token_hex(24)
    Player.launch_instance(arguments(page, token, port=port, theme=theme))


def main(argv: Sequence[str] | None = None) -> int:
    """Read the options and serve. Raises PlayError where Voila is not installed."""
    parser = argparse.ArgumentParser(prog="bpcore play", description="Play with a network, in a browser.")
    parser.add_argument("--port", metavar="N", type=int, help="serve on this port, or fail (else the first free one)")
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open nothing")
    parser.add_argument("--dark", action="store_true", help="light on dark")
    parser.add_argument("--idle", metavar="MINUTES", type=float, default=10.0, help="wait so long for a page (10)")
    options = parser.parse_args(argv)
    if find_spec("voila") is None:
        raise PlayError("bpcore play needs Voila, which is not installed: pip install 'bpcore[play]'")
    with tempfile.TemporaryDirectory(prefix="bpcore-play-") as folder:
        serve(
            write_page(Path(folder)),
            port=options.port,
            theme="dark" if options.dark else "light",
            idle=60 * options.idle,
            browser=not options.no_browser and can_open_browser(),
        )
    return 0
