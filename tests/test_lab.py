"""The learner's folder: the course arrives in it, and nothing that is there is ever touched."""

from __future__ import annotations

import errno
import os
import sys
import types
from pathlib import Path

import pytest

from bpcore import lab
from bpcore.lab import LabError, copy_missing, open_lab


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of two units, with the litter that Jupyter and Python leave."""
    source = tmp_path / "course"
    for name, text in {
        "00_start/00_start.ipynb": "start",
        "01_chain/01_chain.ipynb": "chain",
        "01_chain/figure.svg": "<svg/>",
        "01_chain/.ipynb_checkpoints/01_chain-checkpoint.ipynb": "old",
        "01_chain/__pycache__/x.pyc": "x",
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    return source


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


UNITS = {
    str(Path("00_start/00_start.ipynb")): b"start",
    str(Path("01_chain/01_chain.ipynb")): b"chain",
    str(Path("01_chain/figure.svg")): b"<svg/>",
}


def test_the_whole_course_arrives_without_litter(course, tmp_path):
    mine = tmp_path / "deep" / "mine"
    assert copy_missing(course, mine) == [mine / name for name in sorted(UNITS)]
    assert contents(mine) == UNITS


def test_a_second_time_copies_nothing(course, tmp_path):
    mine = tmp_path / "mine"
    copy_missing(course, mine)
    before = {path: path.stat().st_mtime_ns for path in mine.rglob("*")}
    assert copy_missing(course, mine) == []
    assert {path: path.stat().st_mtime_ns for path in mine.rglob("*")} == before


def test_work_is_never_overwritten_and_new_units_arrive(course, tmp_path):
    mine = tmp_path / "mine"
    copy_missing(course, mine)
    work = mine / "01_chain" / "01_chain.ipynb"
    work.write_bytes(b"an evening of work\r\n")
    os.utime(work, (0, 0))
    (course / "01_chain" / "01_chain.ipynb").write_text("a newer release")
    (course / "02_more").mkdir()
    (course / "02_more" / "02_more.ipynb").write_text("more")

    assert copy_missing(course, mine) == [mine / "02_more" / "02_more.ipynb"]
    assert work.read_bytes() == b"an evening of work\r\n"
    assert work.stat().st_mtime == 0


def test_an_empty_file_is_work_too(course, tmp_path):
    work = tmp_path / "mine" / "00_start" / "00_start.ipynb"
    work.parent.mkdir(parents=True)
    work.touch()
    assert work not in copy_missing(course, tmp_path / "mine")
    assert work.read_bytes() == b""


@pytest.mark.parametrize("leads_somewhere", [True, False])
def test_a_link_is_left_alone(course, tmp_path, leads_somewhere):
    elsewhere = tmp_path / "elsewhere.ipynb"
    if leads_somewhere:
        elsewhere.write_text("kept in another place")
    link = tmp_path / "mine" / "00_start" / "00_start.ipynb"
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)

    assert link not in copy_missing(course, tmp_path / "mine")
    assert link.is_symlink()
    assert elsewhere.exists() == leads_somewhere


def test_a_folder_under_a_file_s_name_is_left_alone(course, tmp_path):
    odd = tmp_path / "mine" / "00_start" / "00_start.ipynb"
    odd.mkdir(parents=True)
    assert copy_missing(course, tmp_path / "mine") == [tmp_path / "mine" / name for name in sorted(UNITS)[1:]]
    assert list(odd.iterdir()) == []


@pytest.mark.parametrize("obstacle", ["mine", "mine/00_start"])
def test_a_file_where_a_folder_should_be_is_named(course, tmp_path, obstacle):
    (tmp_path / obstacle).parent.mkdir(exist_ok=True)
    (tmp_path / obstacle).write_text("a note")
    with pytest.raises(LabError, match="is a file, and the course needs a folder") as told:
        copy_missing(course, tmp_path / "mine")
    assert str(tmp_path / obstacle) in str(told.value)
    assert (tmp_path / obstacle).read_text() == "a note"


def test_a_read_only_original_gives_a_notebook_that_can_be_saved(course, tmp_path):
    (course / "00_start" / "00_start.ipynb").chmod(0o444)
    copy_missing(course, tmp_path / "mine")
    assert (tmp_path / "mine" / "00_start" / "00_start.ipynb").stat().st_mode & 0o200


def refuse(number: int):
    """A stand-in for a call of the system that always fails in one way."""

    def call(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


def test_a_folder_that_cannot_be_written_is_explained(course, tmp_path, monkeypatch):
    # Not by permissions: whoever runs as root may write anywhere.
    monkeypatch.setattr(Path, "mkdir", refuse(errno.EROFS))
    with pytest.raises(LabError, match=r"cannot be copied into .*: Read-only file system\. .*bpcore lab FOLDER"):
        copy_missing(course, tmp_path / "mine")


def test_a_full_disk_leaves_no_half_notebook(course, tmp_path, monkeypatch):
    def half(reader, writer):
        writer.write(reader.read(2))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(lab.shutil, "copyfileobj", half)
    with pytest.raises(LabError, match="No space left"):
        copy_missing(course, tmp_path / "mine")
    assert contents(tmp_path / "mine") == {}


def test_a_disk_without_links_works_too(course, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    copy_missing(course, tmp_path / "mine")
    assert contents(tmp_path / "mine") == UNITS


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_wins(course, tmp_path, monkeypatch, links):
    mine = tmp_path / "mine"
    work = mine / "00_start" / "00_start.ipynb"
    copyfileobj = lab.shutil.copyfileobj

    def slowly(reader, writer):
        copyfileobj(reader, writer)
        if work.parent.exists() and not work.exists():
            work.write_text("saved in the meantime")

    monkeypatch.setattr(lab.shutil, "copyfileobj", slowly)
    if not links:
        monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    assert work not in copy_missing(course, mine)
    assert contents(mine) == UNITS | {str(work.relative_to(mine)): b"saved in the meantime"}


def test_a_missing_course_says_where_it_comes_from(tmp_path):
    with pytest.raises(LabError, match="clone of the repository"):
        copy_missing(tmp_path / "course", tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("inside", [".", "00_start", "mine"])
def test_the_course_itself_is_no_place_to_work(course, inside):
    before = contents(course)
    with pytest.raises(LabError, match="course's own folder"):
        copy_missing(course, course / inside)
    assert contents(course) == before


def test_the_course_is_beside_the_package():
    assert lab.course_dir() == Path(lab.__file__).parents[1] / "course"


# Opening it. What a running JupyterLab makes of the options, tests/browser/test_lab.py sees.


@pytest.fixture
def served(monkeypatch) -> list[list[str]]:
    """Stands in for the server: takes the options, and announces an address as if it ran."""
    calls = []

    def serve(arguments, announce):
        calls.append(arguments)
        announce("http://127.0.0.1:8899")

    module = types.ModuleType("bpcore.lab_server")
    module.serve = serve
    monkeypatch.setitem(sys.modules, "bpcore.lab_server", module)
    return calls


def test_the_address_is_printed_whole(course, tmp_path, served, capsys):
    open_lab(tmp_path / "my work", course=course, browser=False)
    (arguments,) = served
    token = next(a.partition("=")[2] for a in arguments if a.startswith("--IdentityProvider.token="))
    assert len(token) == 48
    out = capsys.readouterr().out
    assert f"    http://127.0.0.1:8899/lab/tree/00_start/00_start.ipynb?token={token}\n" in out
    assert "3 new from the course" in out
    assert f"--ServerApp.root_dir={tmp_path / 'my work'}" in arguments
    assert "--LabApp.default_url=/lab/tree/00_start/00_start.ipynb" in arguments


def test_without_a_first_notebook_the_folder_is_shown(course, tmp_path, served, capsys):
    (course / "00_start" / "00_start.ipynb").unlink()
    open_lab(tmp_path / "mine", course=course, browser=False)
    assert "--LabApp.default_url=/lab" in served[0]
    assert "http://127.0.0.1:8899/lab?token=" in capsys.readouterr().out


def test_each_start_has_its_own_token(course, tmp_path, served):
    open_lab(tmp_path / "mine", course=course, browser=False)
    open_lab(tmp_path / "mine", course=course, browser=False)
    assert served[0] != served[1]


@pytest.mark.parametrize("found", [True, False])
def test_a_browser_is_opened_only_where_there_is_one(course, tmp_path, served, monkeypatch, found):
    monkeypatch.setattr(lab, "can_open_browser", lambda: found)
    open_lab(tmp_path / "mine", course=course)
    assert f"--ServerApp.open_browser={found}" in served[0]


def test_a_browser_for_the_terminal_does_not_count(monkeypatch):
    monkeypatch.delenv("BROWSER", raising=False)
    monkeypatch.setattr(lab.webbrowser, "get", lambda: lab.webbrowser.GenericBrowser("w3m"))
    assert not lab.can_open_browser()
    monkeypatch.setattr(lab.webbrowser, "get", lambda: lab.webbrowser.BackgroundBrowser("firefox"))
    assert lab.can_open_browser()

    def none():
        raise lab.webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(lab.webbrowser, "get", none)
    assert not lab.can_open_browser()


def test_the_options_keep_the_server_at_home():
    arguments = lab.lab_arguments(Path("mine"), "lab", "secret", port=9000)
    assert "--ServerApp.ip=127.0.0.1" in arguments
    assert "--ServerApp.kernel_websocket_connection_class=bpcore.lab_server.NoDelayConnection" in arguments
    assert "--LabApp.news_url=None" in arguments
    assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in arguments
    assert "--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=False" in arguments
    assert not any("validate_assignment" in argument for argument in arguments)
    place = arguments.index("--ServerApp.port=9000")
    assert arguments[place + 1] == "--ServerApp.port_retries=0"


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_root_is_let_in(monkeypatch, user, allowed):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert ("--ServerApp.allow_root=True" in lab.lab_arguments(Path("mine"), "lab", "secret")) == allowed


def test_a_system_without_user_numbers_is_fine(monkeypatch):
    monkeypatch.delattr(os, "geteuid", raising=False)
    assert "--ServerApp.allow_root=True" not in lab.lab_arguments(Path("mine"), "lab", "secret")
