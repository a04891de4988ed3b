"""A server of the browser tests ends with whoever started it."""

import os
import subprocess
import sys

import pytest

from . import harness


def test_a_guarded_program_stops_when_its_starter_is_gone():
    # Closing the pipe is what the system does for a starter that dies.
    program = [sys.executable, str(harness.GUARD), "http.server", "--bind", "127.0.0.1", "0"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            assert b"Serving HTTP" in process.stdout.readline()
            assert process.poll() is None
            process.stdin.close()
            process.wait(15)
        finally:
            process.kill()


def test_a_server_that_fails_shows_what_it_said(tmp_path):
    (tmp_path / "broken.py").write_text("raise SystemExit('no server today')")
    with (
        pytest.raises(RuntimeError, match="no server today"),
        harness.served(["broken"], root=tmp_path, cwd=tmp_path, env=dict(os.environ), pattern=r"(http.*)"),
    ):
        pass
