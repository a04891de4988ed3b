"""A widget as it looks where nothing can move: picture and table, for exports, reopened notebooks and code hosts."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable
from typing import Any

from bpcore.widgets.frames import Table

VIEW = "application/vnd.jupyter.widget-view+json"
NO_MANAGER = (
    "This widget moves only with a running kernel and Jupyter's widget manager. Run the cell again; if this sentence "
    "stays, install ipywidgets where JupyterLab itself is installed, and reload the page."
)


def picture_of(draw: Callable[[Any], None], size: tuple[float, float]) -> bytes:
    """A PNG of what `draw` puts on a matplotlib Figure of that size in inches."""
    # Here, because nobody who only looks at the live widget should wait for matplotlib.
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=110, layout="constrained")
    draw(figure)
    file = io.BytesIO()
    figure.savefig(file, format="png", facecolor="white")
    return file.getvalue()


def bundle(title: str, table: Table, png: bytes | None, key: str) -> dict[str, str]:
    """MIME types to contents: the picture by itself, picture and table as HTML, the table as text.

    `key` marks the HTML, so that the live widget can hide it.
    """
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in table.columns)
    body = "".join(
        f'<tr><th scope="row">{html.escape(str(row[0]))}</th>'
        + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row[1:])
        + "</tr>"
        for row in table.rows
    )
    data = {"text/plain": f"{title}\n{table.plain()}"}
    image = ""
    if png is not None:
        data["image/png"] = base64.b64encode(png).decode("ascii")
        image = (
            f'<img src="data:image/png;base64,{data["image/png"]}" style="max-width:100%" '
            f'alt="{html.escape(table.text, quote=True)}">'
        )
    data["text/html"] = (
        f'<div class="bp-still" data-bp-still="{key}"><p><strong>{html.escape(title)}</strong></p>{image}'
        f"<details><summary>In words and numbers</summary><p>{html.escape(table.text)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></details></div>"
    )
    return data
