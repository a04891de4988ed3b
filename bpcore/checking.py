"""The command `bpcore check`: the verdicts of a notebook's checks, in a terminal, as text or as JSON."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import nbclient
import nbformat

from bpcore.errors import BpcoreError
from bpcore.exercises import catalogue
from bpcore.notebook import REPORT_MIME

SECONDS_A_CELL = 120


class CheckError(BpcoreError, ValueError):
    """The file is no notebook of this course, or cannot be read."""


def check_notebook(path: Path) -> list[dict[str, Any]]:
    """Run a notebook of the course afresh, without its worked cells, and return the reports of its checks as data.

    The file itself is never written. A check that could not run, because its answer's cell stopped with an error, gives
    a report that says so. Raises CheckError for a file that cannot be read or that holds no check.
    """
    notebook = _read(path)
    notebook.cells = [cell for cell in notebook.cells if _about(cell).get("kind") != "worked"]
    if not any(_about(cell).get("kind") == "check" for cell in notebook.cells):
        raise CheckError(f"{path} holds no check: is it a notebook of this course? They are in my-course/NN_unit/.")
    folder = {"metadata": {"path": str(path.resolve().parent)}}
    client = nbclient.NotebookClient(notebook, timeout=SECONDS_A_CELL, allow_errors=True, resources=folder)
    # Nobody learns while this runs, so nothing is written into the diary.
    client.execute(env=os.environ | {"NBGRADER_EXECUTION": "validate"})
    return [_report(cell) for cell in notebook.cells if _about(cell).get("kind") == "check"]


def _read(path: Path) -> nbformat.NotebookNode:
    try:
        notebook = nbformat.read(path, as_version=4)
    except OSError as error:
        raise CheckError(f"{path} cannot be read: {error.strerror}.") from None
    except Exception as error:
        raise CheckError(f"{path} is no notebook: {error}") from None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return notebook


def _about(cell: nbformat.NotebookNode) -> dict[str, Any]:
    about = cell.metadata.get("bpcore", {})
    return about if isinstance(about, dict) else {}


def _report(cell: nbformat.NotebookNode) -> dict[str, Any]:
    for output in cell.outputs:
        if output.output_type == "display_data" and REPORT_MIME in output.data:
            return dict(output.data[REPORT_MIME]) | {"text": output.data["text/plain"]}
    exercise = catalogue[_about(cell)["exercise"]]
    error = next((o for o in cell.outputs if o.output_type == "error"), None)
    why = f"{error.ename}: {error.evalue}" if error else "it gave no report"
    message = f"The check could not run ({why}). Does the cell of the answer run by itself?"
    report = {"schema": 1, "exercise": exercise.id, "points": 0.0, "max_points": exercise.points, "passed": False}
    return report | {"mistake": "not_run", "message": message, "text": f"✗ {exercise.title}\n  {message}"}


def main(argv: list[str] | None = None) -> int:
    """Check notebooks and print the verdicts; 1 unless every answer is right. Raises CheckError, SystemExit."""
    parser = argparse.ArgumentParser(prog="bpcore check", description="Run a notebook afresh and print its verdicts.")
    parser.add_argument("notebooks", metavar="NOTEBOOK", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true", help="print one line of JSON for each notebook")
    options = parser.parse_args(argv)
    passed = True
    for path in options.notebooks:
        reports = check_notebook(path)
        earned, possible = (sum(report[key] for report in reports) for key in ("points", "max_points"))
        passed = passed and all(report["passed"] for report in reports)
        if options.json:
            print(json.dumps({"file": str(path), "points": earned, "max_points": possible, "reports": reports}))
            continue
        print("\n".join([f"{path}: {earned:g} of {possible:g} points", *(report["text"] for report in reports)]))
    return 0 if passed else 1
