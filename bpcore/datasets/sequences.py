"""Sequences of different lengths side by side in one array, with the mask that says where each of them ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Sequences:
    """n utterances of up to T frames with d numbers each.

    X (n, T, d) is float64 and 0 past the end of an utterance; lengths (n,) says how many frames it has; y (n,) is the
    label; speakers (n,) is who speaks, as an index into names.
    """

    X: np.ndarray
    lengths: np.ndarray
    y: np.ndarray
    speakers: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def mask(self) -> np.ndarray:
        """Boolean (n, T): True where there is a frame, False past the end."""
        return np.arange(self.X.shape[1]) < self.lengths[:, None]

    def select(self, rows: np.ndarray) -> Sequences:
        """The utterances with these row numbers, or where this boolean array is True; T stays."""
        return replace(self, X=self.X[rows], lengths=self.lengths[rows], y=self.y[rows], speakers=self.speakers[rows])


def side_by_side(frames: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """All frames one after another, (Σ lengths, d), laid out as (n, T, d) with zeros past each end."""
    mask = np.arange(lengths.max()) < lengths[:, None]
    X = np.zeros((*mask.shape, frames.shape[1]))
    X[mask] = frames
    return X
