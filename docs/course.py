"""Executes the course as a learner gets it, for reading: `python docs/course.py [UNIT …]` fills docs/course.

The answers stay stubs; what runs after them runs on the library's own, and says so. Check cells are left out: there is
nothing to check yet.
"""

import re
import sys
import tempfile
from pathlib import Path

import nbclient
import nbformat

HERE = Path(__file__).parent
RELEASED = HERE.parent / "course"
SECONDS = 120


def for_reading(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook executed, without check cells, and without what only JupyterLab or nbgrader needs."""
    notebook.cells = [cell for cell in notebook.cells if cell.metadata.get("bpcore", {}).get("kind") != "check"]
    with tempfile.TemporaryDirectory() as folder:
        nbclient.NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": folder}}).execute()
    notebook.metadata.pop("widgets", None)  # without a kernel a widget is its picture and its table
    for number, cell in enumerate(notebook.cells):
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
        if number and cell.cell_type == "markdown":  # a page has one title; the unit's parts are its sections
            cell.source = re.sub(r"^# ", "## ", cell.source, flags=re.MULTILINE)
    return notebook


def make(units: list[str]) -> list[Path]:
    """Execute these units (all of them by default) and write them beside the other pages."""
    written = []
    for path in sorted(RELEASED.glob("*/*.ipynb")):
        if units and path.stem not in units:
            continue
        target = HERE / "course" / path.name
        target.parent.mkdir(exist_ok=True)
        nbformat.write(for_reading(nbformat.read(path, as_version=4)), target)
        written.append(target)
        print(f"executed {path.stem}", flush=True)
    return written


if __name__ == "__main__":
    make(sys.argv[1:])
