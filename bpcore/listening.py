"""Phones as sound in a notebook: computed sounds, one after another, which play only when somebody asks for it."""

import html
import sys
from collections.abc import Mapping, Sequence

import numpy as np

from bpcore.datasets import load_phoneme_sounds
from bpcore.errors import DataError
from bpcore.notebook import show


def spoken(phones: Sequence[str]) -> tuple[np.ndarray, int]:
    """The sounds of these phones one after another: samples (n,) in [−1, 1], and how many there are in a second.

    That is all that speaking is here: no sound bends towards its neighbours. "_" is silence and adds nothing. Raises
    DataError for a name that is no phone.
    """
    sounds, rate = load_phoneme_sounds()
    if unknown := [phone for phone in phones if phone != "_" and phone not in sounds]:
        raise DataError(f"There is no sound for {unknown[0]!r}. The phones are {', '.join(sounds)}.")
    waves = [sounds[phone] for phone in phones if phone != "_"]
    return (np.concatenate(waves) if waves else np.zeros(0)), rate


def listen(words: Mapping[str, Sequence[str]]) -> None:
    """Show what each name is said as, and in a notebook a player beside it: nothing sounds before it is pressed.

    ``words`` maps a name, such as the written word, to its phones. The phones always stand there as text, so that no
    one has to hear them. Raises DataError for a name that is no phone.
    """
    waves = {name: spoken(phones) for name, phones in words.items()}
    width = max(map(len, words), default=0)
    lines = {name: f"{name:{width}}  {' '.join(phones)}" for name, phones in words.items()}
    text = "\n".join(lines.values())
    players = "IPython" in sys.modules
    if players:
        from IPython.display import Audio
    rows = []
    for name, (wave, rate) in waves.items():
        player = Audio(wave, rate=rate, normalize=False)._repr_html_() if players and len(wave) else ""
        rows.append(f"<div><pre>{html.escape(lines[name])}</pre>{player}</div>")
    show(text, "".join(rows))
