"""On a cluster the same function gives the same results: a worker that dies costs nothing, nothing is done twice."""

import json
import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from distributed import LocalCluster

from bpcore.grading import build_spec, grade, main
from bpcore.grading import cluster as clusters
from bpcore.grading.cluster import ClusterError, each, fingerprint, grade_there
from bpcore.grading.gradebook import course_directory
from bpcore.grading.keeping import LEDGER, Blocked
from bpcore.grading.pool import Lost
from bpcore.grading.runner import RunnerError, run
from bpcore.grading.spec import max_points

from .submissions import START, answered, as_bytes, right
from .test_gradebook import files, rows
from .test_runner import hand_in

SPEC = build_spec(START)
WORTH = max_points(SPEC)
TOTAL = sum(WORTH.values())
CLASS = 12

# A worker that is killed is noticed on connections, which complain while they close.
pytestmark = pytest.mark.filterwarnings("default::ResourceWarning", "default::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes, each with a keeper that starts another when it dies."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def killed(cluster, tmp_path_factory, bubblewrap):
    """A class graded while one of the two workers is killed."""
    folder = tmp_path_factory.mktemp("cluster")
    for i in range(CLASS):
        answers = right(START) if i % 2 else {"start.row_sums": right(START)["start.row_sums"]}
        hand_in(folder, f"s{i:02d}", as_bytes(answered(START, answers, after=f"number = {i}")))
    hand_in(folder, "broken", b"{broken")
    kept = folder / "autograded" / ".bpcore" / START
    gone = []

    def kill():
        while len(list(kept.glob("*.json"))) < 3:
            time.sleep(0.01)
        gone.append(worker_pids(cluster)[0])
        os.kill(gone[0], signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    batch = run(SPEC, course_directory(folder), cluster=cluster.scheduler_address)
    killer.join(timeout=60)
    return folder, batch, gone


def worker_pids(cluster):
    """The processes that grade."""
    with clusters.distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        return sorted(client.run(os.getpid).values())


def test_nothing_is_lost_and_nothing_is_graded_twice(killed):
    folder, batch, gone = killed
    assert gone
    assert set(batch.overview.aside) == {"broken"}
    points = {line.student: line.points for line in batch.overview.lines}
    assert points == {f"s{i:02d}": TOTAL if i % 2 else 1.0 for i in range(CLASS)}
    graded = Counter((student, cell) for student, cell, *_ in rows(folder)["grades"])
    assert set(graded.values()) == {1}
    assert len(graded) == len(WORTH) * CLASS
    kept = folder / "autograded" / ".bpcore" / START
    ledger = [json.loads(line) for line in (kept / LEDGER).read_text().splitlines()]
    assert Counter(line["key"] for line in ledger) == Counter({path.stem: 1 for path in kept.glob("*.json")})
    assert sorted(student for line in ledger for student in line["students"]) == sorted([*points, "broken"])


def test_it_was_the_workers_who_graded_as_grade_does(killed):
    folder, _, _ = killed
    where = set()
    for path in (folder / "autograded" / ".bpcore" / START).glob("*.json"):
        told = json.loads(path.read_bytes())
        where.add(told["by"])
        if not told["refused"]:
            student = next(s for s in (folder / "submitted").iterdir() if told["notebook"] and holds(s, told))
            content = (student / START / f"{START}.ipynb").read_bytes()
            assert grade(content, SPEC, told["seed"]).cells == told["cells"]
    assert len(where) > 1
    assert not any(by.endswith(f":{os.getpid()}") for by in where)


def holds(student, told):
    """Whether it was this student's notebook: each has a number of its own."""
    last = told["notebook"]["cells"][-1]["source"]
    return last in (student / START / f"{START}.ipynb").read_text()


def test_run_again_it_changes_nothing(killed, cluster):
    folder, _, _ = killed
    before = rows(folder), files(folder)
    assert run(SPEC, course_directory(folder), cluster=cluster.scheduler_address).changed == ()
    assert run(SPEC, course_directory(folder), workers=1).changed == ()
    lock = str(Path("autograded", ".bpcore", START, "lock"))
    after = files(folder)
    assert (rows(folder), after | {lock: b""}) == (before[0], before[1] | {lock: b""})


def test_a_file_that_vanished_costs_itself_alone(cluster, tmp_path):
    path = hand_in(tmp_path, "ada", as_bytes(answered(START, {})))
    tasks = [("gone", str(tmp_path / "none"), 1), ("there", str(path), 1)]
    found = dict(each(tasks, cluster.scheduler_address, SPEC, sandboxed=False))
    assert isinstance(found[tasks[0]], Lost)
    assert found[tasks[1]]["seed"] == 1


def test_what_a_worker_raises_costs_that_submission_alone(cluster, tmp_path):
    path = hand_in(tmp_path, "ada", as_bytes(answered(START, {})))
    spec = SPEC | {"schema": 99}
    ((_, found),) = each([("k", str(path), 1)], cluster.scheduler_address, spec, sandboxed=False)
    assert isinstance(found, Lost)
    assert "SpecError" in found.why


def test_a_worker_with_other_exercises_grades_nothing(cluster, tmp_path, monkeypatch):
    hand_in(tmp_path, "ada", as_bytes(answered(START, {})))
    monkeypatch.setattr(clusters, "fingerprint", lambda: "other")
    with pytest.raises(RunnerError, match="has other exercises than this machine"):
        run(SPEC, course_directory(tmp_path), cluster=cluster.scheduler_address, sandboxed=False)
    assert isinstance(grade_there(b"", b"", 1, True, "another"), Blocked)


def test_the_fingerprint_is_that_of_the_files():
    assert len(fingerprint()) == 64


def test_where_no_scheduler_is_the_address_is_named(tmp_path):
    hand_in(tmp_path, "ada", as_bytes(answered(START, {})))
    for address in ("tcp://127.0.0.1:1", "nonsense://x"):
        with pytest.raises(ClusterError, match="There is no Dask scheduler at"):
            run(SPEC, course_directory(tmp_path), cluster=address, wait=1.0)


def test_where_no_worker_comes_it_says_so_and_gives_up(tmp_path):
    hand_in(tmp_path, "ada", as_bytes(answered(START, {})))
    said = []
    with (
        LocalCluster(n_workers=0, processes=True, dashboard_address=":0") as empty,
        pytest.raises(ClusterError, match=r"for 0\.5 seconds\. What was graded is kept"),
    ):
        run(SPEC, course_directory(tmp_path), cluster=empty.scheduler_address, wait=0.5, say=said.append)
    assert len(said) == 1


def test_the_command_takes_an_address(cluster, tmp_path, monkeypatch, capsys):
    hand_in(tmp_path, "ada", as_bytes(answered(START, right(START))))
    monkeypatch.chdir(tmp_path)
    assert main([START, "--cluster", cluster.scheduler_address, "--unsandboxed"]) == 0
    assert "1 graded" in capsys.readouterr().out
