"""What goes from Python to the browser: named numbers in one stretch of float32, and the words that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Frame:
    """Everything that a picture needs: numbers by name (any shape, read row by row), and words as plain data."""

    numbers: Mapping[str, Any]
    words: Mapping[str, Any] = field(default_factory=dict)

    def packed(self) -> tuple[list[list], bytes]:
        """The layout [[name, how many], …] and all numbers one after another, as float32, little end first."""
        flat = {name: np.ravel(np.asarray(value, dtype="<f4")) for name, value in self.numbers.items()}
        return [[name, int(a.size)] for name, a in flat.items()], np.concatenate(
            [*flat.values(), []], dtype="<f4"
        ).tobytes()


@dataclass(frozen=True)
class Table:
    """The twin of a picture: a sentence or two, and rows of numbers under their headings."""

    text: str
    columns: tuple[str, ...]
    rows: tuple[tuple, ...]

    def plain(self) -> str:
        """Sentences and table as text, in columns."""
        cells = [self.columns, *(tuple(map(str, row)) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in cells]
        return "\n".join([self.text, *lines])
