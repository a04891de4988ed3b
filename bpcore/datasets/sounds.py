"""A short sound for each phone, so that a network which has learnt to read can be heard reading."""

import numpy as np

from bpcore.datasets.files import read, text_lines

_RATE = 11025


def load_phoneme_sounds() -> tuple[dict[str, np.ndarray], int]:
    """sounds, rate: for each of the 39 phones of load_pronunciations a wave of 11,025 samples a second.

    sounds["AA"] is float64 (samples,), in [−1, 1], 0.06 to 0.22 s long; it begins and ends at 0, so that a word is
    np.concatenate([sounds[phone] for phone in ("B", "AE", "NG", "K")]).

    Nobody spoke these. They are computed: a buzz or a hiss through resonances (Klatt, 1980), those of the vowels from
    Peterson & Barney (1952). Words made of them are rough and sometimes hard to follow, because in real speech every
    sound bends towards its neighbours; a mistake of the network and a weakness of these sounds are not the same thing.
    """
    arrays = read("phoneme_sounds")
    ends = np.cumsum(arrays["lengths"].astype(np.int64))
    waves = np.split(arrays["samples"] / 32767.0, ends[:-1])
    return dict(zip(text_lines(arrays["names"]), waves, strict=True)), _RATE
