"""Opening the lab: the folder is brought up to date, and JupyterLab gets the options that keep it at home."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest

from bpcore import lab
from bpcore.lab import open_lab


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of two units and a picture."""
    source = tmp_path / "course"
    for name in ("00_start/00_start.ipynb", "01_chain/01_chain.ipynb"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text('{"cells": []}')
    (source / "01_chain" / "figure.svg").write_text("<svg/>")
    return source


# What a running JupyterLab makes of the options, tests/browser/test_lab.py sees.


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
    assert f"    http://127.0.0.1:8899/lab/tree/start.md?token={token}\n" in out
    assert "3 new from the course" in out
    assert f"--ServerApp.root_dir={tmp_path / 'my work'}" in arguments
    assert "--LabApp.default_url=/lab/tree/start.md" in arguments


def test_a_start_page_of_ones_own_is_left_alone(course, tmp_path, served, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "start.md").write_text("my own")
    open_lab(tmp_path / "mine", course=course, browser=False)
    assert "--LabApp.default_url=/lab" in served[0]
    assert "http://127.0.0.1:8899/lab?token=" in capsys.readouterr().out
    assert (tmp_path / "mine" / "start.md").read_text() == "my own"


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
