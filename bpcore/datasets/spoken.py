"""The ten digits as a speech synthesiser says them, seen through sixteen bands of an ear."""

import numpy as np

from bpcore.datasets.files import dealt, read, require_split, text_lines
from bpcore.datasets.sequences import Sequences, side_by_side
from bpcore.errors import require_rng

_VOICES_HELD_OUT = 4


def load_spoken_digits(
    *, split: bool | str = False, rng: np.random.Generator | None = None
) -> Sequences | tuple[Sequences, Sequences]:
    """480 utterances, "zero" to "nine" in 16 voices at 3 speeds: *synthetic* speech, made with espeak-ng 1.51.

    split=False     -> all 480: voice after voice, digit after digit, each at 130, 160 and 190 words a minute.
    split=True      -> train, test: a quarter held out, shuffled by rng, which is required; all voices on both sides.
    split="voices"  -> train, test: four of the sixteen voices held out, chosen by rng, which is required.

    X is float64 (480, T, 16) in [0, 1]: the loudness in 16 mel bands from 100 to 8000 Hz, a frame of 23 ms every 20 ms.
    1 is the loudest band of the utterance, 0 is 60 dB below it and less, and past its end. A frame inside can be all 0,
    such as the pause before the t of `eight`, so ask the mask where an utterance ends. y is the digit; speakers is the
    voice, an index into names.

    No human being spoke here. One program says every word by the same rules and only the voice's settings change: no
    accents, no noise, no hesitation. A network that is nearly perfect here has not learnt to understand people. The
    two splits ask what those of load_digits ask: "voices" is the honest one for "can it understand somebody new?".
    And some voices are near relatives, such as f2 to f5, so a voice that is held out often has a sister in training.
    What a network must beat: cut each utterance into eight equal parts, take the mean of each, and the nearest mean of
    the ten digits is already right for more than 90% of the utterances in voices that were held out.

    Raises DataError for another split, or for a split without a Generator.
    """
    require_split(split, "load_spoken_digits", "voices")
    if split:
        require_rng(rng, f"load_spoken_digits(split={split!r})")
    arrays = read("spoken_digits")
    lengths, digits, voices = (arrays[key].astype(np.int64) for key in ("lengths", "digits", "voices"))
    names = text_lines(arrays["voice_names"])
    everything = Sequences(side_by_side(arrays["frames"] / 255.0, lengths), lengths, digits, voices, names)
    if split is False:
        return everything
    if split == "voices":
        unheard = np.isin(voices, rng.permutation(len(names))[:_VOICES_HELD_OUT])
        return everything.select(~unheard), everything.select(unheard)
    train, test = dealt(len(everything), len(everything) // 4, rng, "load_spoken_digits(split=True)")
    return everything.select(train), everything.select(test)
