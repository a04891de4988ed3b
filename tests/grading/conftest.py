"""A course that nbgrader's own commands have graded, shared by the tests that compare with it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .submissions import BACKPROP, ROOT, STUDENTS

LATE = "2026-02-03 04:05:06 UTC"


def nbgrader(course, *arguments, **environment):
    """Run nbgrader in a course folder."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-W", "ignore", "-m", "nbgrader", *arguments]
    return subprocess.run(
        command,
        cwd=course,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="session")
def course(tmp_path_factory, bubblewrap):
    """A fresh course with five submissions, graded, with feedback and exported grades."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    shutil.copytree(ROOT / "solutions", folder / "solutions")
    steps = [nbgrader(folder, "generate_assignment", BACKPROP)]
    for student in STUDENTS:
        target = folder / "submitted" / student.name / BACKPROP / f"{BACKPROP}.ipynb"
        target.parent.mkdir(parents=True)
        target.write_bytes(student.notebook)
    (folder / "submitted" / "early" / BACKPROP / "timestamp.txt").write_text(LATE, encoding="utf-8")
    steps += [
        nbgrader(folder, "autograde", BACKPROP),
        nbgrader(folder, "generate_feedback", BACKPROP),
        nbgrader(folder, "export"),
    ]
    for step in steps:
        assert step.returncode == 0, step.stderr
    return folder
