"""The JupyterLab server that the course starts: small messages go to the browser at once."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable, Sequence
from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyterlab.labapp import LabApp
from tornado.web import RequestHandler

# The part of JupyterLab that asks whether one wants its news, and looks for them. It asks even when there is no address
# to have them from (news_url=None).
NEWS = "@jupyterlab/apputils-extension:announcements"
# What only a teacher needs of nbgrader. Validate stays: it is the learner's.
TEACHERS = tuple(
    f"@jupyter/nbgrader:{part}"
    for part in ("assignment-list", "course-list", "create-assignment", "formgrader", "menu")
)


class NoDelayConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's own connection between kernel and browser, with TCP_NODELAY set.

    Without it a small message waits until the browser has acknowledged the one before, some 30 ms on the same machine:
    with a hand on a slider, one sees it.
    """

    def connect(self) -> Future[None] | None:
        self.websocket_handler.set_nodelay(True)
        return super().connect()


def _for_a_learner(handler: RequestHandler, page_config: dict[str, Any]) -> dict[str, Any]:
    disabled = {*page_config.get("disabledExtensions", ()), NEWS, *TEACHERS}
    return {**page_config, "disabledExtensions": sorted(disabled)}


def serve(arguments: Sequence[str], announce: Callable[[str], None]) -> None:
    """Run JupyterLab in this process until it is stopped.

    `announce` is given the server's address, without a path, once a browser can reach it.
    Raises SystemExit when the server cannot start, for example because the port is in use.
    """
    server = LabApp.initialize_server(argv=list(arguments))
    # Said to this server's pages alone: the learner's own JupyterLab stays as it is set up.
    server.web_app.settings["page_config_hook"] = _for_a_learner
    # Jupyter has chosen a port by now, but listens only when its loop runs: this stands in the queue behind that.
    server.io_loop.add_callback(lambda: announce(server.connection_url.rstrip("/")))
    server.start()
