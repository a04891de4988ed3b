"""Processes side by side: every task is answered, and one that kills its process costs itself alone."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from bpcore.grading.pool import Lost, each


def work(task, *, folder):
    """Square a number, or do what a word says."""
    marker = Path(folder, f"{task}")
    first = not marker.exists()
    marker.touch()
    if task == "raise":
        raise ValueError("no such thing")
    if task == "die" or (task == "die once" and first):
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "sleep":
        time.sleep(600)
    return task if isinstance(task, str) else task**2


def test_what_kills_its_process_costs_itself_alone(tmp_path):
    tasks = [1, "die once", 2, "die", "raise", 3]
    done = dict(each(partial(work, folder=tmp_path), tasks, 2))
    assert {task: done[task] for task in (1, 2, 3, "die once")} == {1: 1, 2: 4, 3: 9, "die once": "die once"}
    assert done["raise"] == Lost("ValueError: no such thing")
    assert done["die"] == Lost("the process that worked on it died, 2 times")
    assert len(done) == len(tasks)


def test_what_takes_too_long_is_ended(tmp_path):
    ((task, done),) = each(partial(work, folder=tmp_path), ["sleep"], 1, seconds=1.0)
    assert (task, done) == ("sleep", Lost("the process that worked on it took longer than 1 seconds, 2 times"))


def test_there_may_be_nothing_to_do():
    assert list(each(work, [], 3)) == []


@pytest.mark.parametrize("stop", [False, True], ids=["done", "stopped early"])
def test_no_process_is_left_behind(tmp_path, stop):
    results = each(partial(work, folder=tmp_path), range(4), 2)
    assert next(results)[1] in (0, 1, 4, 9)
    crew = results.gi_frame.f_locals["crew"]
    processes = [worker.process for worker in crew]
    assert processes
    results.close() if stop else list(results)
    assert not any(process.is_alive() for process in processes)
