"""A skip that nobody has allowed fails a strict run, in one process and in several."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def run_pytest(folder: Path, source: str, *arguments: str, allowed: str = "") -> subprocess.CompletedProcess:
    """Run pytest on one test file, with the conftest of this folder beside it."""
    for name in ("conftest.py", "mistake_table.py"):
        (folder / name).write_text((HERE / name).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "allowed_skips.txt").write_text(allowed, encoding="utf-8")
    (folder / "test_it.py").write_text("import pytest\n" + source, encoding="utf-8")
    # The run that this test is part of must not pass its own options on.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)


ONE_SKIP = """
def test_passes(): pass

def test_skips(): pytest.skip("the moon is not full")
"""


@pytest.mark.parametrize("parallel", [[], ["-n", "2", "--dist", "loadfile"]], ids=["alone", "xdist"])
def test_an_unlisted_skip_fails_a_strict_run(tmp_path, parallel):
    done = run_pytest(tmp_path, ONE_SKIP, "--strict-skips", *parallel)
    assert done.returncode == 1, done.stdout
    assert "test_it.py::test_skips: the moon is not full" in done.stdout
    assert "1 passed, 1 skipped" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("parallel", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_listed_skip_is_allowed(tmp_path, parallel):
    allowed = "# the sky\nmoon is not full | nobody can fill it\n"
    done = run_pytest(tmp_path, ONE_SKIP, "--strict-skips", *parallel, allowed=allowed)
    assert done.returncode == 0, done.stdout


def test_without_the_option_a_skip_is_only_a_skip(tmp_path):
    assert run_pytest(tmp_path, ONE_SKIP).returncode == 0


@pytest.mark.parametrize("parallel", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_whole_file_that_skips_itself_is_seen(tmp_path, parallel):
    done = run_pytest(tmp_path, 'pytest.skip("no such tool", allow_module_level=True)', "--strict-skips", *parallel)
    assert done.returncode == 1, done.stdout
    assert "no such tool" in done.stdout


def test_a_fixture_that_skips_is_seen(tmp_path):
    source = '@pytest.fixture\ndef tool(): pytest.skip("no such tool")\ndef test_it(tool): pass'
    assert run_pytest(tmp_path, source, "--strict-skips").returncode == 1


def test_an_expected_failure_is_no_skip(tmp_path):
    source = '@pytest.mark.xfail(reason="known")\ndef test_it(): assert False'
    assert run_pytest(tmp_path, source, "--strict-skips").returncode == 0


@pytest.mark.parametrize("line", ["moon is not full", "moon |", " | everything"])
def test_a_reason_needs_an_explanation(tmp_path, line):
    done = run_pytest(tmp_path, ONE_SKIP, "--strict-skips", allowed=line)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "line 1: write 'reason substring | why it is allowed'" in done.stderr
