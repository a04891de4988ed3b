"""`bpcore play` without a browser: when it stops, whom it serves, and what it says where Voila is missing."""

from __future__ import annotations

import nbformat
import pytest

from bpcore import play
from bpcore.cli import main


def test_it_waits_for_a_page_and_stops_when_none_comes():
    watch = play.Watch(idle=600, now=0.0)
    assert not watch.over(0, 599.0)
    assert watch.over(0, 601.0)


def test_it_stops_some_seconds_after_the_last_page():
    watch = play.Watch(idle=600, now=0.0)
    assert not watch.over(1, 5000.0)
    assert not watch.over(0, 5000.0 + play.GONE_AFTER - 1)
    assert watch.over(0, 5000.0 + play.GONE_AFTER + 1)


def test_a_reload_is_no_end():
    watch = play.Watch(idle=600, now=0.0)
    watch.over(2, 10.0)
    watch.over(0, 12.0)
    assert not watch.over(1, 15.0)
    assert not watch.over(0, 15.0 + play.GONE_AFTER - 1)


def test_it_serves_this_machine_alone(tmp_path):
    given = play.arguments(tmp_path / "p.ipynb", "secret", port=None, theme="dark")
    assert "--Voila.ip=127.0.0.1" in given
    assert "--Voila.token=secret" in given
    assert "--Voila.port_retries=50" in given
    assert "--Voila.port_retries=0" in play.arguments(tmp_path / "p.ipynb", "secret", port=9000, theme="light")


def test_the_page_is_a_playground(tmp_path):
    page = nbformat.read(play.write_page(tmp_path), as_version=4)
    nbformat.validate(page)
    assert "Playground()" in page.cells[-1].source


def test_where_voila_is_missing_it_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr(play, "find_spec", lambda name: None)
    assert main(["play"]) == 2
    assert "pip install 'bpcore[play]'" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--port", "--no-browser", "--dark", "--idle"])
def test_its_options_are_explained(option, capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["play", "--help"])
    assert option in capsys.readouterr().out
