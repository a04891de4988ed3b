"""An archive from Canvas or Moodle becomes nbgrader's folders, and cannot put anything anywhere else."""

import json
import stat
import zipfile
import zlib

import pytest

from bpcore.grading import archive, main
from bpcore.grading.archive import ArchiveError, unpack

from .submissions import START, answered, as_bytes, right

NFD, NFC = "Zoe\u0308", "Zo\u00eb"


def packed(tmp_path, members):
    """An archive of these (name or ZipInfo, content) pairs."""
    path = tmp_path / "submissions.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members:
            opened.writestr(name, content)
    return path


def taken(tmp_path, members):
    """Unpack, and give back what was placed, what was set aside, and every file there is now."""
    path = packed(tmp_path, members)
    placed, aside = unpack(path, START, tmp_path / "course" / "submitted")
    files = {str(p.relative_to(tmp_path / "course")): p for p in (tmp_path / "course").rglob("*") if not p.is_dir()}
    assert {p.name for p in tmp_path.iterdir()} <= {"course", "submissions.zip"}
    assert set(files) == {f"submitted/{student}/{START}/{START}.ipynb" for student in placed}
    return {student: files[f"submitted/{student}/{START}/{START}.ipynb"].read_bytes() for student in placed}, aside


@pytest.mark.parametrize(
    ("name", "student"),
    [
        (f"doejane_1234_5678_{START}.ipynb", "doejane"),
        (f"doejane_LATE_1234_5678_{START}-2.ipynb", "doejane"),
        (f"Jane Doe_99_assignsubmission_file_/{START}.ipynb", "Jane Doe"),
        (f"Jane Doe_99_assignsubmission_file_{START}.ipynb", "Jane Doe"),
        (f"Jane Doe_99_assignsubmission_file/{START} (1).ipynb", "Jane Doe"),
        ("O'Neil, Jr._99_assignsubmission_file_/work.ipynb", "O'Neil, Jr."),
        (f"{NFD} Müller_99_assignsubmission_file_/a.ipynb", f"{NFC} Müller"),
        (f"{NFC} Müller_99_assignsubmission_file_/a.ipynb", f"{NFC} Müller"),
    ],
)
def test_the_names_that_canvas_and_moodle_give(tmp_path, name, student):
    assert taken(tmp_path, [(name, b"work"), ("essay_1_2_x.pdf", b"no notebook")]) == ({student: b"work"}, {})


def test_two_people_of_one_name_are_told_apart(tmp_path):
    members = [(f"Jane Doe_{n}_assignsubmission_file_/a.ipynb", f"{n}") for n in (1, 2)]
    assert taken(tmp_path, members) == ({"Jane Doe_1": b"1", "Jane Doe_2": b"2"}, {})


def test_of_several_notebooks_the_one_with_the_units_name_is_taken(tmp_path):
    folder = "Jane Doe_9_assignsubmission_file_/"
    members = [(f"{folder}draft.ipynb", b"draft"), (f"{folder}{START}.ipynb", b"work")]
    assert taken(tmp_path, members)[0] == {"Jane Doe": b"work"}
    members += [(f"{folder}{START}-1.ipynb", b"work, or not")]
    placed, aside = unpack(packed(tmp_path, members), START, tmp_path / "again")
    assert placed == {}
    assert "holds 3 notebooks of this student, and 2 are called 00_start.ipynb" in aside["Jane Doe"]


@pytest.mark.parametrize(
    "name",
    [
        "../../../evil_1_2_a.ipynb",
        "/etc/evil_1_2_a.ipynb",
        ".._1_assignsubmission_file_/a.ipynb",
        "..\\..\\evil_1_2_a.ipynb",
        ".bpcore_1_2_a.ipynb",
        " _1_assignsubmission_file_/a.ipynb",
        "ada\x1b[2J_1_2_a.ipynb",
        "C:evil_1_2_a.ipynb",
        "notebook.ipynb",
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    placed, aside = taken(tmp_path, [(name, b"evil"), ("doejane_1_2_a.ipynb", b"work")])
    assert placed == {"doejane": b"work"}
    assert len(aside) == 1


def test_a_path_behind_a_good_name_is_no_path(tmp_path):
    name = "Jane Doe_9_assignsubmission_file_/../../../../evil.ipynb"
    assert taken(tmp_path, [(name, b"work")])[0] == {"Jane Doe": b"work"}


def test_a_link_is_not_followed(tmp_path):
    link = zipfile.ZipInfo("doejane_1_2_a.ipynb")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    placed, aside = taken(tmp_path, [(link, "/etc/passwd")])
    assert placed == {}
    assert "is a link" in aside["doejane"]


def test_a_bomb_is_not_unpacked_whatever_size_it_says_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", 1 << 20)
    path = packed(tmp_path, [("doejane_1_2_a.ipynb", b"\0" * (8 << 20)), ("roejohn_3_4_a.ipynb", b"work")])
    assert path.stat().st_size < 20_000
    placed, aside = unpack(path, START, tmp_path / "submitted")
    assert list(placed) == ["roejohn"]
    assert "larger than 1 MB" in aside["doejane"]
    honest, lied = ((8 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    path.write_bytes(path.read_bytes().replace(honest, lied))
    placed, aside = unpack(path, START, tmp_path / "submitted")
    assert list(placed) == ["roejohn"]
    assert set(aside) == {"doejane"}


def test_there_are_limits_on_all_together(tmp_path, monkeypatch):
    path = packed(tmp_path, [(f"doejane_{i}_2_a.ipynb", b"12345") for i in range(4)])
    monkeypatch.setattr(archive, "MAX_TOTAL", 12)
    with pytest.raises(ArchiveError, match="split it"):
        unpack(path, START, tmp_path / "submitted")
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    with pytest.raises(ArchiveError, match="4 files, and 3 is the limit"):
        unpack(path, START, tmp_path / "submitted")


def test_a_damaged_member_costs_itself_alone(tmp_path):
    path = packed(tmp_path, [("doejane_1_2_a.ipynb", b"abcdefgh" * 9), ("roejohn_3_4_a.ipynb", b"work")])
    content = bytearray(path.read_bytes())
    start = content.index(zlib.compress(b"abcdefgh" * 9)[2:6])
    content[start] ^= 0xFF
    path.write_bytes(content)
    placed, aside = unpack(path, START, tmp_path / "submitted")
    assert list(placed) == ["roejohn"]
    assert "cannot be taken out" in aside["doejane"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"no archive"])
def test_what_is_no_archive_says_so(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ArchiveError, match="no zip archive"):
        unpack(tmp_path / "a.zip", START, tmp_path)


def test_an_archive_without_submissions_says_what_they_are_called(tmp_path):
    with pytest.raises(ArchiveError, match=r"such as doejane_1234_5678_00_start\.ipynb"):
        unpack(packed(tmp_path, [("readme.txt", b"")]), START, tmp_path)


def test_an_archive_is_graded_with_one_command(tmp_path, monkeypatch, capsys):
    solved = as_bytes(answered(START, right(START)))
    path = packed(tmp_path, [(f"{NFD}_7_assignsubmission_file_/{START}.ipynb", solved), ("odd.ipynb", b"")])
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "points.csv"
    options = ["--zip", str(path), "--workers", "1", "--csv", str(table), "--unsandboxed"]
    assert main([START, *options]) == 1
    said = capsys.readouterr().out
    assert "1 notebooks taken out of" in said
    assert "1 graded, 1 set aside" in said
    assert table.read_text(encoding="utf-8").splitlines()[1].startswith(f'"{NFC}","1","1","1","2",')
    assert json.loads((tmp_path / "autograded" / NFC / START / f"{START}.ipynb").read_bytes())["nbformat"] == 4
