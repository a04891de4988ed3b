"""Choose words from the CMU Pronouncing Dictionary: as many phones as letters, and not only somebody's surname."""

from pathlib import Path

import numpy as np

LETTERS = "_abcdefghijklmnopqrstuvwxyz"
LONGEST = 10
ENDINGS = ("s", "ed", "ing", "er", "ers", "ly", "able", "ness", "ion", "less")


def pronunciations(folder: Path) -> dict[str, np.ndarray]:
    """The letters and the phones of each chosen word as indices, in the order of the alphabet; 0 is past the end."""
    phones = ["_", *(line.split()[0] for line in (folder / "cmudict.phones").read_text(encoding="ascii").splitlines())]
    dictionary = {}
    for line in (folder / "cmudict.dict").read_text(encoding="utf-8").splitlines():
        # A second pronunciation stands under another name, read(2), and is left out with it.
        word, *sounds = line.partition("#")[0].split()
        dictionary[word] = [sound.rstrip("012") for sound in sounds]
    chosen = [
        word
        for word, sounds in sorted(dictionary.items())
        if word.isascii()
        and word.isalpha()
        and 3 <= len(word) == len(sounds) <= LONGEST
        and is_at_home(word, dictionary)
    ]
    letters, sounds = (np.zeros((len(chosen), LONGEST), dtype=np.uint8) for _ in range(2))
    for row, word in enumerate(chosen):
        letters[row, : len(word)] = [LETTERS.index(letter) for letter in word]
        sounds[row, : len(word)] = [phones.index(sound) for sound in dictionary[word]]
    names = np.frombuffer("\n".join(phones).encode("ascii"), dtype=np.uint8)
    return {"letters": letters, "phones": sounds, "phone_names": names}


def is_at_home(word: str, dictionary: dict[str, list[str]]) -> bool:
    """Whether the dictionary has the word's family too: bank, banks, banking, which a surname seldom has."""
    stems = [word]
    for ending in ("s", "ed", "ing", "er", "ly"):
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            stems += [form for form in (stem, stem + "e") if form in dictionary]
    return any(family(stem, dictionary) >= 2 for stem in stems)


def family(stem: str, dictionary: dict[str, list[str]]) -> int:
    """How many of a stem's commonest derived forms the dictionary holds."""
    forms = {stem + ending for ending in ENDINGS}
    if stem.endswith("e"):
        forms |= {stem + "d", stem + "r", stem[:-1] + "ing", stem[:-1] + "able"}
    return len(forms & dictionary.keys())
