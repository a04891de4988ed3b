"""A whole class, with whatever hands in: everybody gets what the own cells earned, whoever dies on the way."""

import os
import signal
import time
from pathlib import Path

import pytest

from bpcore.grading import build_spec

from .submissions import BACKPROP, START, STUDENTS, answered, as_bytes, released, right
from .test_gradebook import rows
from .test_runner import hand_in
from .test_trouble import kept, results, start, until, workers_of

SOAK = bool(os.environ.get("BPCORE_SOAK"))  # `make soak`: a class of 300
SIZE = 300 if SOAK else 16
SPEC = build_spec(BACKPROP)
TOTAL = sum(STUDENTS[0].points.values())

# What a cell of one's own does to the process that runs it, or tries to.
HARM = {
    "exits": "import os; os._exit(1)",
    "kills": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "reads": "try:\n    open('/etc/shadow').read()\nexcept OSError:\n    pass",
    "prints": "print('x' * 3_000_000)",
    "forges": "import builtins; builtins.float = lambda *a: 99.0",
}


def notebooks():
    """Names, notebooks and what each should earn; None where a file cannot be graded."""
    for i in range(SIZE):
        student = STUDENTS[i % len(STUDENTS)]
        notebook = answered(BACKPROP, student.answers, after=f"{student.own}\nnumber = {i}")
        yield f"Nguyễn, Zoë {i:03d}", as_bytes(notebook), student.total
    for name, source in HARM.items():
        yield name, as_bytes(answered(BACKPROP, right(BACKPROP), after=source)), TOTAL
    yield "broken", b"{broken", None
    yield "elsewhere", as_bytes(released(START)), None
    yield "empty", b"", None


@pytest.fixture(scope="module")
def graded(tmp_path_factory, bubblewrap):
    """The class, graded by a run of which a worker dies, and then all; and by the next one, to its end."""
    folder = tmp_path_factory.mktemp("class")
    expected = {}
    for name, content, points in notebooks():
        hand_in(folder, name, content, unit=BACKPROP)
        expected[name] = points
    began, total = time.monotonic(), len(expected)
    with start(folder, "--workers", "2", unit=BACKPROP) as first:
        until(first, lambda: len(results(folder, BACKPROP)) >= total // 4)
        for worker in list(workers_of(first.pid))[:1]:
            os.kill(worker, signal.SIGKILL)
        until(first, lambda: len(results(folder, BACKPROP)) >= total // 2)
        first.kill()
    with start(folder, "--workers", "2", "--names", unit=BACKPROP) as second:
        peak = 0
        while second.poll() is None:
            peak = max(peak, memory_of(second.pid))
            time.sleep(0.05)
        said, _ = second.communicate(timeout=60)
    seconds = time.monotonic() - began
    print(f"\n{total} submissions, killed once: {seconds:.1f} s, {1000 * seconds / total:.0f} ms each, peak {peak} MB")
    return folder, expected, said, second.returncode


def memory_of(pid):
    """The most memory that a process has had so far, in MB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM")), 0)


def test_everybody_earns_what_the_own_cells_earned(graded):
    folder, expected, _, code = graded
    points = dict.fromkeys((s for s, *_ in rows(folder)["grades"]), 0.0)
    for student, _, auto, *_ in rows(folder)["grades"]:
        points[student] += auto
    assert points == {name: worth for name, worth in expected.items() if worth is not None}
    assert code == 1  # three files were set aside


def test_the_report_names_what_happened(graded):
    _, expected, said, _ = graded
    assert f"{len(expected) - 3} graded (" in said
    assert "3 set aside" in said
    for words in ("the process ended", "The file is empty", "notebook of 00_start", "not valid JSON"):
        assert words in said
    assert "exits" in said


def test_no_process_is_left_behind(graded):
    folder, *_ = graded
    assert not list(kept(folder, BACKPROP).glob("*.part"))
    left = [p for p in Path("/proc").glob("[0-9]*/cwd") if links_to(p) == str(folder)]
    assert left == []


def links_to(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""
