"""nbgrader's door: a preprocessor that takes the place of nbgrader's own Execute, and grades behind the wall."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from bpcore.grading.sandbox import SandboxUnavailable
from bpcore.grading.sanitize import OWN, Cell, RefusedError, sanitize
from bpcore.grading.spec import SpecError, build_spec, spec_for
from bpcore.grading.submission import Result, grade, notebook_of

UNSANDBOXED = "BPCORE_UNSANDBOXED"


class Rebuild(NbGraderPreprocessor):
    """Rebuilds a submission from the release before nbgrader looks at its cells.

    On points that are no number, ids that stand twice and other damage nbgrader stops, in part for the whole class.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """The notebook as the release wants it, with the student's answers; what was repaired is in its metadata."""
        spec = _spec(self.config, resources)
        try:
            cells, notes = sanitize(nbformat.writes(nb).encode("utf-8", "replace"), spec)
        except RefusedError as refused:
            cells, notes = [Cell.of(cell) for cell in spec["cells"]], (f"Not graded: {refused}",)
        rebuilt = nbformat.from_dict(notebook_of(spec, cells, {}))
        rebuilt.metadata["bpcore"]["notes"] = list(notes)
        return rebuilt, resources


class WalledExecute(NbGraderPreprocessor):
    """Runs a submission behind the wall and writes what nbgrader reads as points: one plain float in each check cell.

    The notebook that goes on to nbgrader is rebuilt from the release, with the student's answers in it.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Grade the notebook. Raises SandboxUnavailable where there is no sandbox, unless BPCORE_UNSANDBOXED is 1."""
        about = resources["nbgrader"]
        spec = _spec(self.config, resources)
        noted = nb.metadata.get("bpcore", {}).get("notes", ())
        try:
            result = grade(
                nbformat.writes(nb).encode("utf-8", "replace"),
                spec,
                sandboxed=os.environ.get(UNSANDBOXED) != "1",
            )
        except SandboxUnavailable as error:
            raise SandboxUnavailable(
                f"{error} Nothing was graded. To run submissions without a sandbox, as only code that you trust "
                f"should be: {UNSANDBOXED}=1"
            ) from None
        self.log.info(
            "%s %s: %g of %g points (seed %d)",
            about.get("student"),
            spec["unit"],
            result.points,
            result.max_points,
            result.seed,
        )
        result = replace(result, notes=(*(_harmless(str(note)) for note in noted), *result.notes))
        return graded_notebook(result), resources


def _spec(config: Any, resources: Any) -> dict[str, Any]:
    """The spec of the unit and the student that nbgrader is at. Raises SpecError."""
    about = resources["nbgrader"]
    unit, notebook = about["assignment"], about["notebook"]
    if notebook != unit:
        raise SpecError(f"The unit {unit} has one notebook, {unit}.ipynb, and this is {notebook}.ipynb.")
    folders = CourseDirectory(config=config)
    release = Path(folders.format_path(folders.release_directory, ".", unit)).resolve().parent
    return spec_for(build_spec(unit, release), about["student"])


def graded_notebook(result: Result) -> NotebookNode:
    """The notebook as it was graded, with the outputs, the seed, and the grader's notes in a first cell."""
    notebook = nbformat.from_dict(result.notebook)
    notebook.metadata["bpcore"] |= {"seed": result.seed, "spec": result.spec}
    for cell in notebook.cells:
        if cell.cell_type != "code" and cell.metadata["bpcore"]["kind"] == OWN:
            cell.source = _harmless(cell.source)
    told = [*result.notes, *([f"Not graded: {result.refused}"] if result.refused else [])]
    if told:
        text = "\n".join(["**Notes on the grading**", "", *(f"- {note}" for note in told)])
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text, id="grading-notes"))
    return notebook


def _harmless(text: str) -> str:
    """Markdown without HTML and links, in which a script could hide: nbgrader's feedback shows it as it stands."""
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"\](?=[(\[:])", "] ", text)
