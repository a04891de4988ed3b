"""The learner's folder: the course arrives in it, and nothing that is there is ever touched."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from bpcore import workplace
from bpcore.workplace import FolderError, bring_up_to_date, copy_missing


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
    with pytest.raises(FolderError, match="is a file, and the course needs a folder") as told:
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
    with pytest.raises(FolderError, match=r"cannot be copied into .*: Read-only file system\. .*bpcore lab FOLDER"):
        copy_missing(course, tmp_path / "mine")


def test_a_full_disk_leaves_no_half_notebook(course, tmp_path, monkeypatch):
    def half(reader, writer):
        writer.write(reader.read(2))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(workplace.shutil, "copyfileobj", half)
    with pytest.raises(FolderError, match="No space left"):
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
    copyfileobj = workplace.shutil.copyfileobj

    def slowly(reader, writer):
        copyfileobj(reader, writer)
        if work.parent.exists() and not work.exists():
            work.write_text("saved in the meantime")

    monkeypatch.setattr(workplace.shutil, "copyfileobj", slowly)
    if not links:
        monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    assert work not in copy_missing(course, mine)
    assert contents(mine) == UNITS | {str(work.relative_to(mine)): b"saved in the meantime"}


def test_a_missing_course_says_where_it_comes_from(tmp_path):
    with pytest.raises(FolderError, match="clone of the repository"):
        copy_missing(tmp_path / "course", tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("inside", [".", "00_start", "mine"])
def test_the_course_itself_is_no_place_to_work(course, inside):
    before = contents(course)
    with pytest.raises(FolderError, match="course's own folder"):
        copy_missing(course, course / inside)
    assert contents(course) == before


def test_the_course_is_beside_the_package():
    assert workplace.course_dir() == Path(workplace.__file__).parents[1] / "course"


# A newer release.


def notebook(*sources: str) -> bytes:
    """A notebook of Markdown cells, and of answers to exercises (as "id: code")."""
    cells = []
    for source in sources:
        name, colon, code = source.partition(": ")
        cell = {"cell_type": "markdown", "metadata": {}, "source": source}
        if colon:
            about = {"nbgrader": {"grade_id": name, "solution": True}}
            cell = {"cell_type": "code", "metadata": about, "source": code, "outputs": [], "execution_count": None}
        cells.append(cell)
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def told(path: Path) -> list[str]:
    return [cell["source"] for cell in json.loads(path.read_bytes())["cells"]]


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The course's notebook, already copied to the learner's folder `mine`."""
    original = tmp_path / "course" / "00_start" / "00_start.ipynb"
    original.parent.mkdir(parents=True)
    original.write_bytes(notebook("Hello", "add: ..."))
    bring_up_to_date(tmp_path / "course", tmp_path / "mine")
    return original


def test_a_newer_release_is_merged_and_the_old_notebook_kept(unit, tmp_path):
    mine = tmp_path / "mine" / "00_start" / "00_start.ipynb"
    mine.write_bytes(notebook("Hello", "add: a + b"))
    before = mine.read_bytes()
    unit.write_bytes(notebook("Hello, better", "add: ...", "More"))

    renewal = bring_up_to_date(tmp_path / "course", tmp_path / "mine")

    assert told(mine) == ["Hello, better", "a + b", "More"]
    (kept,) = renewal.merged.values()
    assert kept.read_bytes() == before
    assert "your answers stand in it" in renewal.text()
    assert kept.name in renewal.text()
    assert bring_up_to_date(tmp_path / "course", tmp_path / "mine").text() == ""


def test_a_notebook_without_work_is_simply_the_newer_one(unit, tmp_path):
    unit.write_bytes(notebook("Hello, better", "add: pass"))
    renewal = bring_up_to_date(tmp_path / "course", tmp_path / "mine")
    assert list(renewal.merged.values()) == [None]
    assert told(tmp_path / "mine" / "00_start" / "00_start.ipynb") == ["Hello, better", "pass"]
    assert [path.name for path in (tmp_path / "mine" / "00_start").iterdir()] == ["00_start.ipynb"]


def test_without_a_change_in_the_course_nothing_is_touched(unit, tmp_path):
    mine = tmp_path / "mine" / "00_start" / "00_start.ipynb"
    mine.write_bytes(b"  " + notebook("Other", "add: a + b"))
    before = mine.read_bytes()
    assert bring_up_to_date(tmp_path / "course", tmp_path / "mine").merged == {}
    assert mine.read_bytes() == before


@pytest.mark.parametrize("work", [b"", b"not a notebook", b"[]", b'{"cells": 3}', b'{"cells": [4]}'])
def test_what_is_no_notebook_is_left_alone_and_told(unit, tmp_path, work):
    mine = tmp_path / "mine" / "00_start" / "00_start.ipynb"
    mine.write_bytes(work)
    unit.write_bytes(notebook("Newer"))
    renewal = bring_up_to_date(tmp_path / "course", tmp_path / "mine")
    assert mine.read_bytes() == work
    assert "left alone" in renewal.text()


def test_two_merges_on_a_day_keep_both_old_notebooks(unit, tmp_path):
    mine = tmp_path / "mine" / "00_start" / "00_start.ipynb"
    for number in range(2):
        mine.write_bytes(notebook("Hello", f"add: {number}"))
        unit.write_bytes(notebook("Hello", "add: ...", f"Page {number}"))
        bring_up_to_date(tmp_path / "course", tmp_path / "mine")
    kept = sorted(path for path in mine.parent.iterdir() if "before" in path.name)
    assert sorted(told(path)[1] for path in kept) == ["0", "1"]


def test_a_full_disk_in_a_merge_loses_nothing(unit, tmp_path, monkeypatch):
    mine = tmp_path / "mine" / "00_start" / "00_start.ipynb"
    mine.write_bytes(notebook("Hello", "add: a + b"))
    before = mine.read_bytes()
    unit.write_bytes(notebook("Newer", "add: ..."))
    monkeypatch.setattr(workplace.os, "replace", refuse(errno.ENOSPC))
    with pytest.raises(FolderError, match="No space left"):
        bring_up_to_date(tmp_path / "course", tmp_path / "mine")
    assert contents(mine.parent) == {"00_start.ipynb": before}
