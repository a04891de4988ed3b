"""What goes wrong around a class costs nobody a point: full disks, locks, killed processes, two who grade at once."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from bpcore.grading import build_spec, main
from bpcore.grading.database import GradebookError
from bpcore.grading.gradebook import course_directory
from bpcore.grading.keeping import LEDGER
from bpcore.grading.runner import run
from bpcore.grading.spec import max_points

from .submissions import ROOT, START, answered, as_bytes, right
from .test_gradebook import rows
from .test_runner import hand_in

SPEC = build_spec(START)
WORTH = max_points(SPEC)
TOTAL = sum(WORTH.values())
HALF = {"start.row_sums": right(START)["start.row_sums"]}
COMMAND = [sys.executable, "-W", "ignore", "-m", "bpcore", "grade"]


def make_class(folder, size):
    for i in range(size):
        answers = right(START) if i % 2 else HALF
        hand_in(folder, f"s{i:02d}", as_bytes(answered(START, answers, after=f"number = {i}")))


def start(folder, *options, unit=START):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*COMMAND, unit, *options], cwd=folder, env=env, text=True, **pipes)


def kept(folder, unit=START):
    return folder / "autograded" / ".bpcore" / unit


def results(folder, unit=START):
    return list(kept(folder, unit).glob("*.json"))


def is_whole(folder, size):
    """Everybody is graded once and right, and nothing half-written is left."""
    graded = rows(folder)["grades"]
    points = Counter()
    for student, _, auto, *_ in graded:
        points[student] += auto
    assert len(graded) == len(WORTH) * size
    assert points == {f"s{i:02d}": TOTAL if i % 2 else 1.0 for i in range(size)}
    for i in range(size):
        json.loads((folder / "autograded" / f"s{i:02d}" / START / f"{START}.ipynb").read_bytes())
    assert not [p for p in folder.rglob("*") if ".part" in p.name]
    ledger = [json.loads(line)["key"] for line in (kept(folder) / LEDGER).read_text().splitlines()]
    assert len(set(ledger)) == len(ledger) <= size


def until(process, there):
    """Wait until something is there, or the process has ended."""
    while process.poll() is None and not there():
        time.sleep(0.01)


# -- processes that are killed -----------------------------------------------------------------------------------------


def test_a_worker_that_vanishes_costs_nobody_anything(tmp_path, bubblewrap):
    make_class(tmp_path, 10)
    with start(tmp_path, "--workers", "2") as runner:
        until(runner, lambda: len(results(tmp_path)) >= 2)
        worker = next(iter(workers_of(runner.pid)))
        os.kill(worker, signal.SIGKILL)
        said, _ = runner.communicate(timeout=120)
    assert runner.returncode == 0
    assert "10 graded" in said
    assert "set aside" not in said
    is_whole(tmp_path, 10)


def workers_of(pid):
    """The processes that grade for a runner."""
    children = [p.read_text().split() for p in Path(f"/proc/{pid}/task").glob("*/children")]
    for child in (int(child) for found in children for child in found):
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                yield child


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_moment_the_same_command_goes_on_from_there(tmp_path, seed):
    make_class(tmp_path, 6)
    rng = random.Random(seed)
    with start(tmp_path, "--unsandboxed", "--workers", "2") as runner:
        enough = rng.randrange(6)
        until(runner, lambda: len(results(tmp_path)) >= enough)
        time.sleep(rng.uniform(0, 0.3))
        runner.kill()
    if (tmp_path / "gradebook.db").exists():
        with closing(sqlite3.connect(tmp_path / "gradebook.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert None not in {auto for _, _, auto, *_ in rows(tmp_path)["grades"]}
    for path in results(tmp_path):
        json.loads(path.read_bytes())
    before = {path.name: path.read_bytes() for path in results(tmp_path)}
    with start(tmp_path, "--unsandboxed", "--workers", "2") as runner:
        assert runner.wait(timeout=120) == 0
    assert before.items() <= {path.name: path.read_bytes() for path in results(tmp_path)}.items()
    is_whole(tmp_path, 6)


def test_ctrl_c_says_that_what_was_graded_is_kept(tmp_path):
    make_class(tmp_path, 8)
    with start(tmp_path, "--unsandboxed", "--workers", "1") as runner:
        until(runner, lambda: len(results(tmp_path)) >= 2)
        runner.send_signal(signal.SIGINT)
        _, said = runner.communicate(timeout=60)
    assert runner.returncode == 130
    assert said.strip() == "Interrupted. What was graded is kept: the same command goes on from there."
    run(SPEC, course_directory(tmp_path), sandboxed=False, workers=1)
    is_whole(tmp_path, 8)


# -- locks -------------------------------------------------------------------------------------------------------------


def test_a_gradebook_that_another_program_holds_is_waited_for_and_nothing_is_lost(tmp_path, monkeypatch, capsys):
    make_class(tmp_path, 3)
    monkeypatch.chdir(tmp_path)
    options = [START, "--unsandboxed", "--workers", "1", "--wait", "0.4"]
    assert main(options) == 0
    hand_in(tmp_path, "s03", as_bytes(answered(START, right(START), after="number = 3")))
    holder = (
        "import sqlite3, sys; b = sqlite3.connect('gradebook.db'); b.execute('BEGIN EXCLUSIVE'); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(GradebookError, match=r"locked by another program, and stayed so for 0\.4 seconds"):
            main(options)
        assert "is locked by another program: waiting for up to 0.4 seconds." in capsys.readouterr().err
        other.stdin.close()
    assert main(options) == 0
    is_whole(tmp_path, 4)


def test_two_who_grade_at_once_do_the_work_once(tmp_path):
    make_class(tmp_path, 6)
    with start(tmp_path, "--unsandboxed", "--workers", "1") as first:
        until(first, lambda: len(results(tmp_path)) >= 1)
        first.send_signal(signal.SIGSTOP)
        with start(tmp_path, "--unsandboxed", "--workers", "1") as second:
            said = second.stderr.readline()
            first.send_signal(signal.SIGCONT)
            told = [process.communicate(timeout=120) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert said.startswith(f"Another `bpcore grade` works on this unit here (process {first.pid})")
    assert "6 changed" in told[0][0]
    assert "6 graded (6 of them before)" in told[1][0]
    assert "0 changed" in told[1][0]
    is_whole(tmp_path, 6)


# -- a full disk -------------------------------------------------------------------------------------------------------

# Run on a disk of its own: fill it but for some room, grade, and see what is said; then make room.
ON_A_SMALL_DISK = """
import io, json, os, shutil, sys
from contextlib import redirect_stdout
from pathlib import Path
os.chdir(sys.argv[1])
from bpcore.cli import main
options = ["grade", "00_start", "--unsandboxed", "--workers", "1", "--csv", "out.csv", "--feedback", "out"]
def run():
    out, sys.stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(out):
        code = main(options)
    return code, sys.stderr.getvalue()
told = []
for room in map(int, sys.argv[2:]):
    free = shutil.disk_usage(".").free
    Path("filler").write_bytes(bytes(max(0, free - room)))
    told.append((room, *run(), [p.name for p in Path(".").rglob("*") if ".part" in p.name]))
    Path("filler").unlink()
told.append((None, *run(), []))
shutil.copytree(".", sys.argv[1] + ".copy")
print(json.dumps(told))
"""


def test_a_full_disk_is_named_and_with_room_the_same_command_goes_on(tmp_path, bubblewrap):
    make_class(tmp_path / "disk", 6)
    disk, copy = tmp_path / "small", tmp_path / "small.copy"
    disk.mkdir()
    rooms = [str(k << 10) for k in (4, 40, 90, 150, 200, 300, 500)]
    inside = f"cp -r {tmp_path / 'disk'}/. {disk}; exec {sys.executable} -W ignore -c '{ON_A_SMALL_DISK}' {disk} "
    sandbox = [bubblewrap, "--dev-bind", "/", "/", "--size", str(6 << 20), "--tmpfs", str(disk)]
    done = subprocess.run(
        [*sandbox, "sh", "-c", inside + " ".join(rooms)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *told, last = json.loads(done.stdout)
    codes = [code for _, code, _, _ in told]
    assert codes[0] == 2
    assert set(codes) <= {0, 2}
    for _, code, said, parts in told:
        assert parts == []
        if code == 2:
            assert said.startswith("bpcore: ")
            assert any(word in said for word in ("No space left", "is full")), said
            assert "Traceback" not in said
    assert last[1] == 0, last
    is_whole(copy, 6)
    assert len((copy / "out.csv").read_text().splitlines()) == 7
    assert len(list((copy / "out").glob("*/*/*.html"))) == 6
