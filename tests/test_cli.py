"""The command line: each subcommand reaches its module, and errors are sentences."""

from __future__ import annotations

import re
import subprocess
import sys
import types

import pytest

from bpcore import cli, lab
from bpcore.errors import BpcoreError


def test_alone_it_lists_every_command(capsys):
    assert cli.main([]) == 0
    out = capsys.readouterr().out
    for command in ("lab", *cli.FORWARDED):
        assert re.search(rf"^    {command}\s", out, flags=re.MULTILINE)


def test_lab_passes_its_options_on(monkeypatch):
    calls = []
    monkeypatch.setattr(lab, "open_lab", lambda folder, **options: calls.append((folder, options)))
    assert cli.main(["lab"]) == 0
    assert cli.main(["lab", "mine", "--no-browser", "--port", "9000"]) == 0
    assert calls == [("my-course", {"port": None, "browser": True}), ("mine", {"port": 9000, "browser": False})]


@pytest.mark.parametrize("command", cli.FORWARDED)
def test_a_forwarded_command_reads_its_own_options(command, monkeypatch):
    received = []

    def main(argv: list[str]) -> int:
        received.append(argv)
        return 3

    module = types.ModuleType(cli.FORWARDED[command][0])
    module.main = main
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert cli.main([command, "--check", "--help", "x"]) == 3
    assert received == [["--check", "--help", "x"]]


def test_an_error_of_bpcore_is_one_sentence(monkeypatch, capsys):
    def broken(*_: object, **__: object) -> None:
        raise BpcoreError("The folder is a file. Choose another.")

    monkeypatch.setattr(lab, "open_lab", broken)
    assert cli.main(["lab"]) == 2
    assert capsys.readouterr() == ("", "bpcore: The folder is a file. Choose another.\n")


def test_any_other_error_keeps_its_traceback(monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(lab, "open_lab", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["lab"])


def test_ctrl_c_is_quiet(monkeypatch, capsys):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lab, "open_lab", interrupted)
    assert cli.main(["lab"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("argv", [["labb"], ["lab", "--port", "many"], ["lab", "a", "b"]])
def test_what_cannot_be_read_is_refused(argv, capsys):
    with pytest.raises(SystemExit) as refused:
        cli.main(argv)
    assert refused.value.code == 2
    assert "usage: bpcore" in capsys.readouterr().err


def test_python_m_bpcore_is_the_same_command(tmp_path):
    (tmp_path / "taken").write_text("a note")
    run = [sys.executable, "-m", "bpcore"]
    shown = subprocess.run(run, capture_output=True, text=True, timeout=60, check=True)
    assert shown.stdout.startswith("usage: bpcore ")
    refused = subprocess.run([*run, "lab", str(tmp_path / "taken")], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2
    assert refused.stderr.startswith("bpcore: ")
    assert "Traceback" not in refused.stderr
