"""What never ends is stopped in time, and nothing of the stop is left behind."""

import contextlib
import subprocess
import sys
import time

import pytest

from bpcore.exercises import assess

from .helpers import told

ROWS = "start.row_sums"


def forever(X):
    while True:
        pass


def forever_catching_exceptions(X):
    while True:
        try:
            len(X)
        except Exception:
            continue


def forever_catching_everything(X):
    while True:
        with contextlib.suppress(BaseException):
            len(X)


@pytest.mark.parametrize("answer", [forever, forever_catching_exceptions, forever_catching_everything])
def test_an_endless_loop_is_stopped(answer):
    begun = time.monotonic()
    report = told(ROWS, answer, seconds=0.1)
    assert time.monotonic() - begun < 8
    assert report.mistake == "time_limit"
    assert "Stopped after 0.1 seconds. In the case “two rows of three”." in report.message


def test_a_late_case_is_told_by_its_name():
    report = told(ROWS, lambda X: forever(X) if len(X) == 5 else X.sum(axis=1), seconds=0.1)
    assert "five rows of seven" in report.message


def test_the_time_is_for_all_cases_together():
    def slow(X):
        until = time.monotonic() + 0.08
        while time.monotonic() < until:
            pass
        return X.sum(axis=1)

    assert assess(ROWS, slow, seconds=5).passed
    assert told(ROWS, slow, seconds=0.2).mistake == "time_limit"


def test_no_stray_stop_is_left_behind():
    # Answers that end just when their time does are the ones that a stop can miss.
    for step in range(60):
        until = time.monotonic() + 0.004 + step * 1e-4

        def answer(X, until=until):
            while time.monotonic() < until:
                pass
            return X.sum(axis=1)

        assess(ROWS, answer, seconds=0.007)
    until = time.monotonic() + 0.6
    while time.monotonic() < until:
        len("any stop that is still on its way would strike here")


def test_a_debugger_can_trace_what_comes_after_a_check():
    code = """
import sys
from bpcore.exercises import assess
assert assess("start.row_sums", lambda X: X.sum(axis=1)).passed
assert not assess("start.row_sums", lambda X: [0 for _ in iter(int, 1)], seconds=0.05).passed
calls = []
sys.setprofile(lambda frame, event, argument: calls.append(event))
sys.settrace(lambda frame, event, argument: None)
assess("start.row_sums", lambda X: X.sum(axis=1))
assert calls
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
