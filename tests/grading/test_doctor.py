"""The doctor of the grader tries a real wall, names what stands in the way, and does not miss a hole."""

import os

import pytest

from bpcore import doctor as learners_doctor
from bpcore.grading import SandboxUnavailable, cgroups, confine, doctor, probes, sandbox, warm
from bpcore.grading.sandbox import Sandbox


def told(findings):
    return {finding.what: finding.text() for finding in findings}


def test_the_wall_of_this_machine_holds_against_every_probe(bubblewrap, capsys):
    assert learners_doctor.main(["--grading"]) == 0
    said = capsys.readouterr().out
    assert "WRONG" not in said
    assert "The wall stands" in said
    for what in ("Namespaces", "Rights", *probes.PROBES):
        for where in ("a wall of its own", "forked"):
            assert f"ok     {what} ({where})" in said
    assert "ok     What one submission leaves to the next" in said


def test_without_bubblewrap_it_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert doctor.main([]) == 1
    assert "apt-get install bubblewrap" in capsys.readouterr().out


def test_on_another_system_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(doctor.sys, "platform", "darwin")
    assert doctor.main([]) == 1
    assert "Linux only" in capsys.readouterr().out


def test_a_bubblewrap_that_may_not_is_explained(monkeypatch, tmp_path, capsys):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(
        confine, "_kernel_says", lambda name, value: (name, value) == ("../user/max_user_namespaces", "0")
    )
    assert doctor.main([]) == 1
    said = capsys.readouterr().out
    assert "WRONG  A sandbox: none starts" in said
    assert "sysctl user.max_user_namespaces" in said


def test_root_that_cannot_become_nobody_is_explained(monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(confine.Path, "write_text", refuse)
    with pytest.raises(SandboxUnavailable, match=r"becomes nobody .* grade as an ordinary user"):
        confine._user_namespace()


def test_a_hole_is_wrong_and_the_verdict_says_so(bubblewrap, monkeypatch, capsys):
    monkeypatch.setattr(doctor.probes, "PROBES", {"A hole": "print('it could read the answers')"})
    assert doctor.main([]) == 1
    said = capsys.readouterr().out
    assert "WRONG  A hole (forked): it could read the answers" in said
    assert "Do not grade here" in said


def test_rights_that_were_kept_are_wrong(bubblewrap, monkeypatch):
    monkeypatch.setattr(doctor.probes, "WHO", "print('uid 0'); print('CapEff 00ff'); print('NoNewPrivs 0')")
    with Sandbox() as box:
        found = told(doctor._attacks(box, "here"))
    assert found["Rights (here)"].startswith("WRONG")
    assert "it is root" in found["Rights (here)"]
    assert "shared with this system" in found["Namespaces (here)"]


def test_what_makes_grading_slower_only_is_a_note(bubblewrap, monkeypatch, capsys):
    monkeypatch.setitem(warm._impossible, sandbox.shutil.which("bwrap"), "unshare: Operation not permitted")
    monkeypatch.setattr(doctor.cgroups, "make", lambda: None)
    assert doctor.main([]) == 0
    said = capsys.readouterr().out
    assert "note   Warm processes: none can make namespaces here (unshare: Operation not permitted)" in said
    assert "systemd-run --user --scope" in said


# -- control groups --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
def test_a_group_is_made_where_the_kernel_gives_it_bounds(monkeypatch, tmp_path, version):
    """A folder made in the control groups' file system is filled by the kernel: here by the test."""
    plain = cgroups.Path.mkdir
    files = {1: {"memory": ["memory.limit_in_bytes"], "pids": ["pids.max"]}, 2: {"user": ["memory.max", "pids.max"]}}

    def mkdir(path, *arguments, **named):
        plain(path, *arguments, **named)
        for name in ["cgroup.procs", *files[version][path.relative_to(tmp_path).parts[0]]]:
            (path / name).write_text("")

    own = tmp_path / "own"
    if version == 1:
        for name in ("memory/mine", "pids"):
            (tmp_path / name).mkdir(parents=True)
        own.write_text("9:name=systemd:/\n8:pids:/\n4:memory:/mine\n0::/\n")
    else:
        (tmp_path / "user" / "scope").mkdir(parents=True)
        (tmp_path / "cgroup.controllers").write_text("memory pids")
        own.write_text("0::/user/scope\n")
    monkeypatch.setattr(cgroups.Path, "mkdir", mkdir)
    group = cgroups.make(tmp_path, own)
    assert group.bounds == ("memory", "pids")
    group.limit(1000, 7)
    assert (group.folders["pids"] / "pids.max").read_text() == "7"
    assert (group.folders["memory"] / files[version].get("memory", ["memory.max"])[0]).read_text() == "1000"
    assert not group.holds(4242)
    for entrance in group.entrances:
        with open(entrance, "a") as file:
            file.write("4242\n")
    assert group.holds(4242)


def test_no_group_is_made_where_none_may_be(tmp_path):
    (tmp_path / "own").write_text("0::/\n")
    (tmp_path / "cgroup.controllers").write_text("")
    assert cgroups.make(tmp_path, tmp_path / "own") is None  # its folder would have no bounds
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cgroup.controllers", "own"]
    assert cgroups.make(tmp_path, tmp_path / "no such file") is None
