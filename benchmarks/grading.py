"""Stock `nbgrader autograde` and `bpcore grade` on the same varied submissions, in one run: time and memory for each.

Run by `make bench-grading`. The gradebooks of both must hold the same points, or nothing is printed but the difference.
Feedback is left out on both sides. The submissions are as students hand them in, with the unit's examples: stock
nbgrader runs those, and bpcore does not, since no point rests on them. --no-examples leaves them out on both sides.
"""

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from bpcore.exercises import Exercise, catalogue
from bpcore.grading import build_spec, confine, grade

ROOT = Path(__file__).resolve().parents[1]
SEED = 1
# The course's own settings, but for what takes the place of nbgrader's execution.
STOCK = '\nc.Autograde.pop("autograde_preprocessors")\n'
ROWS = """
select submitted_assignment.student_id, base_cell.name, grade.auto_score from grade
join submitted_notebook on grade.notebook_id = submitted_notebook.id
join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
join base_cell on grade.cell_id = base_cell.id
"""


def submissions(unit: str, number: int, rng: np.random.Generator, examples: bool = True) -> Iterator[tuple[str, bytes]]:
    """Students' names and notebooks: right, wrong and unwritten answers, and cells of their own between them."""
    path = ROOT / "course" / unit / f"{unit}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if not examples:
        notebook["cells"] = [c for c in notebook["cells"] if c["metadata"].get("bpcore", {}).get("kind") != "worked"]
    for student in range(number):
        handed_in = deepcopy(notebook)
        for cell in list(handed_in["cells"]):
            about = cell["metadata"].get("bpcore", {})
            if about.get("kind") == "answer":
                cell["source"] = _answer(catalogue[about["exercise"]], rng)
        for place in sorted(rng.integers(1, len(handed_in["cells"]), size=2), reverse=True):
            own = f"# student {student}\nmine = [n**2 for n in range({rng.integers(5, 50)})]\nprint(sum(mine))"
            cell = {"cell_type": "code", "metadata": {}, "source": own, "outputs": [], "execution_count": None}
            handed_in["cells"].insert(int(place), cell | {"id": f"own-{student}-{place}"})
        yield f"student{student:04}", json.dumps(handed_in).encode()


def _answer(exercise: Exercise, rng: np.random.Generator) -> str:
    chance = rng.random()
    if chance < 0.15:
        return exercise.starter
    if chance < 0.40 and exercise.mistakes:
        return exercise.source_of(exercise.mistakes[rng.integers(len(exercise.mistakes))])
    return "\n".join(line for line in exercise.solved.splitlines() if "### " not in line)


def course(folder: Path, unit: str, handed_in: dict[str, bytes], config: str) -> Path:
    """A course folder with its gradebook made and the submissions in it."""
    folder.mkdir()
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    shutil.copytree(ROOT / "solutions" / unit, folder / "solutions" / unit)
    _nbgrader(folder, "generate_assignment", unit)
    for student, content in handed_in.items():
        home = folder / "submitted" / student / unit
        home.mkdir(parents=True)
        (home / f"{unit}.ipynb").write_bytes(content)
    return folder


def _nbgrader(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "nbgrader", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])},
    )


def ours(folder: Path, unit: str, workers: int) -> tuple[float, int]:
    """The seconds that `bpcore grade` takes, and the bytes that it and all its processes held at most."""
    command = [sys.executable, "-W", "ignore", "-m", "bpcore", "grade", unit, "--seed", str(SEED)]
    began, most = time.perf_counter(), 0
    with open(folder / "report.txt", "w", encoding="utf-8") as report:
        process = subprocess.Popen([*command, "--workers", str(workers)], cwd=folder, stdout=report, stderr=report)
        while process.poll() is None:
            most = max(most, _proportional(process.pid))
            time.sleep(0.1)
    if process.returncode != 0:
        raise RuntimeError((folder / "report.txt").read_text(encoding="utf-8"))
    return time.perf_counter() - began, most


def _proportional(root: int) -> int:
    """The memory of a process and its descendants, what they share counted once."""
    total = 0
    for pid in (root, *(pid for pid, _ in confine.descendants(root))):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
            total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
        except (OSError, ValueError):  # it has ended since
            continue
    return total


def rows(folder: Path) -> dict[tuple[str, str], float]:
    """The points in a gradebook, by student and cell."""
    with closing(sqlite3.connect(folder / "gradebook.db")) as book:
        return {(student, cell): points for student, cell, points in book.execute(ROWS)}


def alone(unit: str, handed_in: dict[str, bytes]) -> float:
    """The seconds of `grade` by itself for one submission, in one warm process."""
    spec = build_spec(unit)
    for content in list(handed_in.values())[:3]:
        grade(content, spec, SEED)
    began = time.perf_counter()
    for content in handed_in.values():
        grade(content, spec, SEED)
    return (time.perf_counter() - began) / len(handed_in)


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark and print its table; 1 when the two gradebooks differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__)
    parser.add_argument("--unit", default="05_backpropagation", help="the unit to grade (05_backpropagation)")
    parser.add_argument("--number", type=int, default=40, help="how many submissions (40)")
    parser.add_argument(
        "--many", type=int, default=400, help="how many for the memory, and for one more (400; 0: none)"
    )
    parser.add_argument("--no-examples", dest="examples", action="store_false", help="leave the unit's examples out")
    options = parser.parse_args(argv)
    unit, number = options.unit, options.number
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    handed_in = dict(submissions(unit, number, np.random.default_rng(SEED), options.examples))
    checks = sum(cell["kind"] == "check" for cell in build_spec(unit)["cells"])
    without = "" if options.examples else ", without the examples"
    print(f"{number} submissions of {unit}, {checks} checks each{without}, on {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory(prefix="bpcore-bench-") as place:
        stock = course(Path(place, "stock"), unit, handed_in, config + STOCK)
        began = time.perf_counter()
        _nbgrader(stock, "autograde", unit)
        seconds = (time.perf_counter() - began) / number
        table: list[tuple[str, float, Any]] = [("nbgrader autograde", seconds, None)]
        for workers in (1, 2):
            what = f"bpcore grade, {workers} worker{'s' * (workers > 1)}"
            folder = course(Path(place, f"ours-{workers}"), unit, handed_in, config)
            took, most = ours(folder, unit, workers)
            table.append((f"{what}, with its start", took / number, most))
            if (theirs := rows(stock)) != (mine := rows(folder)):
                differ = sorted(key for key in {*theirs, *mine} if theirs.get(key) != mine.get(key))
                for key in differ[:20]:
                    print(*key, "stock", theirs.get(key), "ours", mine.get(key), file=sys.stderr)
                return 1
            if options.many > number:
                more = dict(submissions(unit, options.many, np.random.default_rng(SEED + 1), options.examples))
                longer, most = ours(course(Path(place, f"many-{workers}"), unit, more, config), unit, workers)
                table.append((f"{what}, {options.many} of them", longer / options.many, most))
                table.append((f"{what}, each one more", (longer - took) / (options.many - number), None))
        table.append(("grade() alone, 1 process", alone(unit, handed_in), None))
    for what, each, memory in table:
        held = f"{memory / 2**20:6.0f} MB at most" if memory else ""
        print(f"{what:<40}{1000 * each:8.0f} ms a submission {seconds / each:7.1f} × {held}")
    print(
        f"\nThe points in the gradebooks are the same. Load of the machine: {os.getloadavg()[1]:.1f} in five minutes."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
