"""The instructor's guide works as it stands: its own commands, read from its text, are run in its order."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .submissions import ROOT

GUIDE = ROOT / "solutions" / "README.md"
LINKS = re.compile(r"\]\((?!https?:)([^)#]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REFERENCE = "## In and out"  # from here on the page is looked things up in, and not followed


def steps() -> list[tuple[str, str, str]]:
    """The section, the language and the text of each fenced block of the guide."""
    found = []
    for section in re.split(r"^## ", GUIDE.read_text(encoding="utf-8").partition(REFERENCE)[0], flags=re.MULTILINE):
        title = section.partition("\n")[0]
        found += [(title, language, text) for language, text in FENCE.findall(section)]
    return found


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, bubblewrap: None) -> Path:
    """What a clone holds of it, with unit 00 alone, and `bpcore` as a command that runs the copy."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "bpcore", folder / "bpcore", ignore=shutil.ignore_patterns("__pycache__"))
    for kind in ("solutions", "course"):
        shutil.copytree(ROOT / kind / "00_start", folder / kind / "00_start")
    for name in ("nbgrader_config.py", "solutions/exercise_template.py"):
        shutil.copyfile(ROOT / name, folder / name)
    command = folder / "bin" / "bpcore"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m bpcore "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def said(clone: Path) -> dict[str, str]:
    """What each section's commands say, all of them run one after another; none fails."""
    path = os.pathsep.join([str(clone / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(clone), "PYTHONWARNINGS": "ignore"}
    told: dict[str, str] = {}
    here = clone
    for title, language, text in steps():
        if language == "toml":
            (clone / "my-class" / "course.toml").write_text(text, encoding="utf-8")
            continue
        script = f'set -e\n{text}\npwd > "{clone}/here"' if not language else text
        program = ["bash", "-c"] if not language else [sys.executable, "-c"]
        done = subprocess.run(
            [*program, script], cwd=here, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{title}\n{text}\n{done.stdout}\n{done.stderr}"
        told[title] = told.get(title, "") + done.stdout
        here = Path((clone / "here").read_text(encoding="utf-8").strip())
    return told


def test_every_step_works_in_the_order_of_the_guide(said: dict[str, str]) -> None:
    order = ["Adopt", "An exercise", "Release", "Collect", "Grade", "Return", "Export", "Regrade", "Extra"]
    assert [next(name for name in order if title.startswith(name)) for title in said] == order


def test_the_exercise_of_ones_own_is_sound_and_released(said: dict[str, str], clone: Path) -> None:
    assert "✓ ours.leaky_relu: sound" in said["An exercise of your own"]
    release = (clone / "my-class" / "course" / "20_ours" / "20_ours.ipynb").read_text(encoding="utf-8")
    assert "def leaky_relu(z, slope=0.1):" in release
    assert "np.where(z > 0, z, slope * z)" not in release


def test_the_grades_are_in_the_chosen_points(said: dict[str, str], clone: Path) -> None:
    with open(clone / "my-class" / "points.csv", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert set(rows) == {"nobody", "model"}
    assert float(rows["model"]["start.value"]) == 6
    assert rows["model"]["points"] == rows["model"]["max_points"]
    assert float(rows["nobody"]["points"]) == 0
    assert "start.refuse_nan" not in rows["model"]
    with open(clone / "my-class" / "grades.csv", encoding="utf-8") as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert exported == {name: float(row["points"]) for name, row in rows.items()}
    assert "graded" in said["Grade"]
    assert (clone / "my-class" / "feedback" / "model" / "00_start" / "00_start.html").is_file()


def test_every_page_that_the_guide_links_to_is_there() -> None:
    for page in (ROOT / "solutions").glob("*.md"):
        for target in LINKS.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
