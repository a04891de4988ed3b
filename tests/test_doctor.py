"""The doctor finds what it is there to find, says what mends it, and is quiet about what is well."""

from __future__ import annotations

import importlib.metadata
import os
import socket
from pathlib import Path

import pytest

from bpcore import doctor
from bpcore.doctor import Finding


def test_this_machine_is_well(tmp_path, capsys):
    assert doctor.main([str(tmp_path / "mine")]) == 0
    told = capsys.readouterr().out
    assert "WRONG" not in told
    assert "Nothing stands in the way" in told
    assert "Notebook kernel: starts, and finds bpcore" in told
    assert not (tmp_path / "mine").exists()


def test_a_fault_is_told_with_its_remedy_and_ends_with_status_one(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(doctor, "check_port", lambda: Finding("Port", "none", "Stop the others."))
    monkeypatch.setattr(doctor, "check_kernel", lambda: Finding("Notebook kernel", "starts"))
    assert doctor.main([str(tmp_path)]) == 1
    assert "WRONG  Port: none\n       → Stop the others." in capsys.readouterr().out


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
    assert "99.0 or newer" in doctor.check_python().remedy


def test_a_missing_package_and_one_of_another_version_are_named(monkeypatch):
    monkeypatch.setattr(
        doctor.importlib.metadata, "requires", lambda name: ["numpy>=99", "no-such-thing>=1", "no-matter; extra == 'x'"]
    )
    (finding,) = doctor.check_packages()
    assert f"numpy is {importlib.metadata.version('numpy')}, and has to be >=99" in finding.found
    assert "no-such-thing is missing" in finding.found
    assert "no-matter" not in finding.found
    assert not finding.fine


def test_widgets_need_their_part_in_the_browser(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "WIDGET_PARTS", ("no-such-part",))
    assert "lacks no-such-part" in doctor.check_widgets().found


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "mine").write_text("x")
    (finding,) = doctor.check_folder(tmp_path / "mine" / "deeper")
    assert "is a file" in finding.found


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    (finding,) = doctor.check_folder(tmp_path)
    assert "Permission denied" in finding.found
    assert "bpcore lab FOLDER" in finding.remedy


def test_a_full_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "NEEDED_SPACE", 1e18)
    (finding,) = doctor.check_folder(tmp_path)
    assert "Make room" in finding.remedy


def test_a_taken_port_is_passed_over_and_no_port_at_all_is_told(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr(doctor, "FIRST_PORT", port)
        monkeypatch.setattr(doctor, "PORTS", 1)
        assert not doctor.check_port().fine


@pytest.mark.parametrize(("name", "told"), [("random.py", True), ("numpy.py", True), ("my_network.py", False)])
def test_a_file_that_hides_a_module(tmp_path, name, told):
    (tmp_path / "05_unit").mkdir()
    (tmp_path / "05_unit" / name).write_text("")
    assert doctor.check_local_files(tmp_path).fine != told


def test_a_proxy_that_takes_this_machine_too(monkeypatch):
    for name in ("HTTP_PROXY", "all_proxy", "ALL_PROXY", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    (finding,) = doctor.check_proxy()
    assert not finding.stops
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    assert list(doctor.check_proxy()) == []


def test_a_kernel_that_does_not_start(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text('{"argv": ["/no/such/python", "{connection_file}"], "display_name": "Python 3"}')
    finding = doctor.check_kernel()
    assert "does not start" in finding.found
    assert "ipykernel" in finding.remedy


def test_windows_own_linux_on_the_windows_side(monkeypatch):
    monkeypatch.setattr(doctor.subprocess, "run", lambda *a, **k: type("Done", (), {"stdout": "5.15-Microsoft-WSL2"}))
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "/bin/uname")
    monkeypatch.setattr(doctor.Path, "cwd", lambda: Path("/mnt/c/course"))
    (finding,) = doctor.check_wsl()
    assert "Windows side" in finding.found
