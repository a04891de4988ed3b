"""Sounds are put one after another; a player plays nothing by itself, and the phones stand beside it as text."""

import numpy as np
import pytest
from IPython.display import Audio

import bpcore as bp
from bpcore import listening


def test_a_word_is_its_sounds_one_after_another() -> None:
    sounds, rate = bp.load_phoneme_sounds()
    wave, same_rate = bp.spoken(["B", "AE", "_", "K"])
    assert same_rate == rate
    np.testing.assert_array_equal(wave, np.concatenate([sounds["B"], sounds["AE"], sounds["K"]]))
    assert len(bp.spoken([])[0]) == 0


def test_a_phone_that_does_not_exist_is_told() -> None:
    with pytest.raises(bp.DataError, match="no sound for 'XX'"):
        bp.spoken(["B", "XX"])


def test_without_a_notebook_the_phones_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    bp.listen({"bank": ["B", "AE", "NG", "K"], "a": ["AH"]})
    assert capsys.readouterr().out == "bank  B AE NG K\na     AH\n"


def test_a_player_has_its_text_and_waits_to_be_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(listening, "show", lambda text, rich: shown.append((text, rich)))
    bp.listen({"<bank>": ["B", "AE"], "silence": ["_"]})
    ((text, rich),) = shown
    assert text == "<bank>   B AE\nsilence  _"
    assert rich.count("<audio") == 1  # silence has no player
    assert "autoplay" not in rich
    assert "&lt;bank&gt;   B AE" in rich


def test_loud_stays_loud_and_quiet_stays_quiet() -> None:
    """The samples go into the player as they are: 16 bits of each."""
    wave, rate = bp.spoken(["S"])
    samples = np.frombuffer(Audio(wave, rate=rate, normalize=False).data[44:], dtype="<i2")
    np.testing.assert_allclose(samples / 32767, wave, atol=1 / 32767)
