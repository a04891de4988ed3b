"""The goal of the project's first network is a fact: ten seeds, twenty epochs, on digits it has never seen."""

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
import pytest

from bpcore.demo import GOAL_EACH, GOAL_MEAN, demo, main, run
from bpcore.errors import DataError


def test_the_network_reads_digits_as_well_as_promised():
    accuracies = [run(seed).accuracy for seed in range(10)]
    assert (GOAL_MEAN, GOAL_EACH) == (0.965, 0.945)
    assert np.mean(accuracies) >= GOAL_MEAN, accuracies
    assert min(accuracies) >= GOAL_EACH, accuracies


def test_strangers_are_harder_to_read():
    known = np.mean([run(seed).accuracy for seed in range(3)])
    strangers = np.mean([run(seed, split="contiguous").accuracy for seed in range(3)])
    assert 0.9 < strangers < known - 0.02


def test_a_run_repeats_to_the_bit():
    first, again, other = run(0, epochs=1), run(0, epochs=1), run(1, epochs=1)
    np.testing.assert_array_equal(first.predictions, again.predictions)
    assert (first.labels != other.labels).any()


def test_the_command_prints_and_draws_and_says_when_it_replaces(tmp_path, capsys):
    out = tmp_path / "wrong.png"
    assert main(["--seeds", "2", "--epochs", "1", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    rows = [line.split()[0] for line in text.splitlines() if line.endswith(tuple("0123456789")) and "%" in line]
    assert rows == ["0", "1", "mean"]
    assert "Why the second column is lower" in text
    assert "Not met here: 2 seeds, 1 epochs." in text
    assert " misread:\n" in text
    assert str(out) in text
    assert "in place of" not in text
    assert out.read_bytes().startswith(b"\x89PNG")
    main(["--seeds", "1", "--epochs", "1", "--out", str(out)])
    assert "in place of an earlier file" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["--seeds", "0"], ["--out", "no/such/folder/x.png"], ["--epochs", "0"]])
def test_requests_that_cannot_be_met_are_refused_before_any_work(argv, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert "bpcore demo: error:" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_function_raises_what_the_command_reports(tmp_path):
    with pytest.raises(DataError, match="folder"):
        demo([0], out=tmp_path)
