"""Real speech, as twelve numbers a frame: nine men say /ae/, and the question is who is speaking."""

import numpy as np

from bpcore.datasets.files import read, require_split
from bpcore.datasets.sequences import Sequences, side_by_side

_SPEAKERS = 9
_TRAIN = 270


def load_japanese_vowels(*, split: bool = False) -> Sequences | tuple[Sequences, Sequences]:
    """The UCI "Japanese Vowels" (Kudo, Toyama & Shimbo, 1999; CC BY 4.0): 640 utterances of one and the same /ae/.

    split=False  -> all 640, the 270 of training first.
    split=True   -> train, test: the 270 and 370 that its makers recorded as such, on different occasions.

    X is float64 (n, 29, 12): twelve LPC cepstrum coefficients, roughly −2 … 2, every 6.4 ms; an utterance has 7 to 29
    frames, and X is 0 past its end. y is the *speaker*, 0 … 8, and so is `speakers`: in spite of its name this is not
    vowel recognition. Every speaker is on both sides, 30 times in training and 24 to 88 times in the test part, so
    count the answers right for each speaker before you quote one accuracy. What a network must beat: the mean of an
    utterance over time, given to the speaker with the nearest mean, is right for 91% of the test part.

    Raises DataError for another split.
    """
    require_split(split, "load_japanese_vowels")
    arrays = read("japanese_vowels")
    lengths, speakers = (arrays[key].astype(np.int64) for key in ("lengths", "speakers"))
    names = tuple(f"speaker {number}" for number in range(1, _SPEAKERS + 1))
    everything = Sequences(side_by_side(arrays["frames"] / 1e6, lengths), lengths, speakers, speakers, names)
    if not split:
        return everything
    rows = np.arange(len(everything))
    return everything.select(rows[:_TRAIN]), everything.select(rows[_TRAIN:])
