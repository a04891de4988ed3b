"""Variants: an exercise with another problem in it (activation, loss, layout, depth), drawn by a seed."""

import hashlib
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bpcore.exercises import reading
from bpcore.exercises.spec import Exercise, Mistake, Version

MARK = "@"


@dataclass(frozen=True)
class Variant:
    """What is different in a variant of an exercise.

    ``code`` says which text of the reference becomes which, wherever it stands, and ``words`` the same of the title,
    the statement, the hints and the messages (which are also told of the code's changes). A mistake is carried over by
    making it in the plain reference and changing that: so both lists may name texts that only a wrong version has.
    ``without`` are mistakes that do not exist here, ``mistakes`` those that exist here alone, as edits of the varied
    reference. ``fields`` replaces other fields of the exercise whole; a ``reference`` among them begins without any of
    the plain exercise's mistakes and conventions. Those with the same names of variants are drawn alike.
    """

    name: str
    code: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


def vary(plain: Exercise, variant: Variant) -> Exercise:
    """The exercise with this variant's problem in it: statement, reference, hints and mistakes follow.

    Its id stays; its key names the variant. Raises ValueError for a text that stands nowhere, for a mistake to leave
    out that the exercise does not know, and for one that is right in the variant and should be left out.
    """
    where = f"{plain.id}{MARK}{variant.name}"
    code, words = _Changes(variant.code), _Changes({**variant.code, **variant.words})
    other = "reference" in variant.fields
    home = variant.fields["reference"] if other else plain.reference
    source = re.sub(rf"\b{home.__name__}\b", plain.name, reading.source_of(home), count=1)
    source = code(source)
    reference = reading.written(source, plain.name, vars(sys.modules[home.__module__]))
    known = [mistake.name for mistake in (*plain.mistakes, *plain.conventions)]
    if unknown := set(variant.without) - set(known):
        raise ValueError(f"{where} leaves out what {plain.id} does not know: {', '.join(sorted(unknown))}")

    def carried(versions: Sequence[Version]) -> tuple[Any, ...]:
        kept = []
        for version in versions if not other else ():
            if version.name in variant.without:
                continue
            wrong = code(plain.source_of(version))
            if wrong == source:
                raise ValueError(f"{version.name!r} is right in {where}: name it in `without`")
            kept.append(type(version)(version.name, words(version.message), {source: wrong}))
        return tuple(kept)

    varied = replace(
        plain,
        **{
            "variant": variant.name,
            "title": words(plain.title),
            "statement": words(plain.statement),
            "hints": tuple(map(words, plain.hints)),
            "blanks": tuple(map(code, plain.blanks)),
            "mistakes": (*carried(plain.mistakes), *variant.mistakes),
            "conventions": carried(plain.conventions),
            **variant.fields,
            "reference": reference,
        },
    )
    if nowhere := code.unused | (words.unused - set(variant.code)):
        raise ValueError(f"{where} changes texts that stand nowhere: {sorted(nowhere)}")
    return varied


def keyed(exercise_id: str, variant: str = "") -> str:
    """The key of an exercise's variant; without one its id."""
    return f"{exercise_id}{MARK}{variant}" if variant else exercise_id


def draw(names: Sequence[str], seed: int, student: str = "") -> str:
    """The variant of those names, or "" for the plain exercise, that a seed and a student get: always the same one.

    The hash of all three decides, so exercises whose variants have the same names fit together.
    """
    options = ("", *names)
    told = f"{seed}\n{unicodedata.normalize('NFC', student)}\n{','.join(options)}"
    return options[int.from_bytes(hashlib.sha256(told.encode("utf-8", "surrogateescape")).digest()) % len(options)]


class _Changes:
    """Replaces texts by others in one pass, the longest first, so that what was put in is not changed again."""

    def __init__(self, changes: Mapping[str, str]) -> None:
        self.changes, self.unused = changes, set(changes)
        listed = sorted(changes, key=len, reverse=True)
        self.pattern = re.compile("|".join(map(re.escape, listed)) or r"(?!)")

    def __call__(self, text: str) -> str:
        self.unused -= set(self.pattern.findall(text))
        return self.pattern.sub(lambda found: self.changes[found[0]], text)
