"""Written words and how they are said: letters in, phones out, as in NETtalk."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bpcore.datasets.files import dealt, read, require_split, text_lines
from bpcore.errors import require_rng

_PARTS = 5  # one of them is held out
_STEM = 3  # letters, as many as the shortest word has
_LETTER_NAMES = tuple("_abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True, eq=False)
class Pronunciations:
    """n words of up to L letters, each letter with a phone beside it.

    words (n,) holds the words as text; letters and phones (n, L) are integers, indices into letter_names and
    phone_names, and 0 (the name "_") past the end of a word; lengths (n,) says how many letters, and so phones, it has.
    """

    words: np.ndarray
    letters: np.ndarray
    phones: np.ndarray
    lengths: np.ndarray
    letter_names: tuple[str, ...]
    phone_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.words)

    @property
    def mask(self) -> np.ndarray:
        """Boolean (n, L): True where there is a letter, False past the end."""
        return np.arange(self.letters.shape[1]) < self.lengths[:, None]

    def select(self, rows: np.ndarray) -> Pronunciations:
        """The words with these row numbers, or where this boolean array is True; L stays."""
        return replace(
            self,
            words=self.words[rows],
            letters=self.letters[rows],
            phones=self.phones[rows],
            lengths=self.lengths[rows],
        )


def load_pronunciations(
    *, split: bool | str = False, rng: np.random.Generator | None = None
) -> Pronunciations | tuple[Pronunciations, Pronunciations]:
    """English words from the CMU Pronouncing Dictionary (© 1993–2015 Carnegie Mellon University) with their phones.

    split=False    -> all words, in the order of the alphabet.
    split=True     -> train, test: a fifth of the words held out, shuffled by rng, which is required.
    split="stems"  -> train, test: about a fifth held out, chosen by rng, which is required, but words that begin with
                      the same three letters stay together, so that `ants` never helps with `ant`.

    The phones are the 39 of ARPAbet, without the marks of stress: `bank` is B AE NG K. Only words of 3 to 10 letters
    with *as many phones as letters* are here, so that letter i can stand beside phone i. That makes the task much
    easier than English is: no "though", no "queue", and TH and DH, which take two letters, never occur. And the same
    number is not always the same place: in `axed`, AE K S T, the x makes two phones and the e none, so that S stands
    beside the e. No network can be right about that for a good reason.

    Of two pronunciations the dictionary's first is taken. Words are kept if the dictionary also has their relatives
    (bank, banks, banking), which leaves out most surnames but not all of them, and puts the same stem on both sides of
    a random split: quote "stems" for "can it read a word it has never seen?".

    What a network must beat: the commonest phone, T, is 9% of all, and answering each letter with its own commonest
    phone, blind to its neighbours, is right for 69% of the letters of held-out words.

    NETtalk (Sejnowski & Rosenberg, 1987) had other words, 26 articulatory outputs and its own alignment, made by hand:
    a share of phones right here must not be compared with the one published there.

    Raises DataError for another split, or for a split without a Generator.
    """
    require_split(split, "load_pronunciations", "stems")
    if split:
        require_rng(rng, f"load_pronunciations(split={split!r})")
    arrays = read("pronunciations")
    letters, phones = (arrays[key].astype(np.int64) for key in ("letters", "phones"))
    words = np.array(["".join(_LETTER_NAMES[i] for i in row if i) for row in letters])
    everything = Pronunciations(
        words, letters, phones, (letters > 0).sum(axis=1), _LETTER_NAMES, text_lines(arrays["phone_names"])
    )
    if split is False:
        return everything
    if split == "stems":
        stem = np.unique([word[:_STEM] for word in words], return_inverse=True)[1]
        unseen = rng.random(stem.max() + 1)[stem] < 1 / _PARTS
        return everything.select(~unseen), everything.select(unseen)
    train, test = dealt(len(words), len(words) // _PARTS, rng, "load_pronunciations(split=True)")
    return everything.select(train), everything.select(test)
