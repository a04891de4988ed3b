"""A network and its training in one file, so that it can be used, or go on exactly where it was, another day."""

import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from bpcore.errors import BpcoreError, require_rng
from bpcore.layers import Layer, Sequential
from bpcore.optim import Optimizer

_FORMAT = 1


class SavedFileError(BpcoreError, ValueError):
    """A file is no saved network, is damaged, or does not belong to what it was to be loaded into."""


def save(
    path: str | os.PathLike,
    model: Layer,
    optimizer: Optimizer | None = None,
    rng: np.random.Generator | Iterable[np.random.Generator] | None = None,
    epochs: int = 0,
) -> None:
    """Write the parameters, and if given the optimizer's memory, the state of rng and the number of finished epochs.

    The file is an .npz of plain arrays, without pickle: loading one cannot run anything. It is written beside its place
    and then moved there, so that an interruption leaves the older file whole. rng may be several Generators in a fixed
    order: one that a Dropout draws from has to be among them.

    Raises DataError for an rng that is none, OSError when the file cannot be written.
    """
    rngs = _generators(rng)
    about: dict[str, Any] = {
        "bpcore": _FORMAT,
        "layers": _layers(model),
        "epochs": int(epochs),
        "optimizer": None,
        "rng": [generator.bit_generator.state for generator in rngs],
    }
    arrays = {f"parameter_{i}": p.data for i, p in enumerate(model.parameters())}
    if optimizer is not None:
        about["optimizer"] = _about(optimizer)
        arrays |= {f"optimizer_{name}_{i}": array for name, i, array in _memory(optimizer)}
    text = json.dumps(about, default=lambda array: array.tolist())

    path = Path(path)
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("wb") as file:
            np.savez(file, about=np.array(text), **arrays)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load(
    path: str | os.PathLike,
    model: Layer,
    optimizer: Optimizer | None = None,
    rng: np.random.Generator | Iterable[np.random.Generator] | None = None,
) -> int:
    """Put what save wrote back into a model built the same way, and into optimizer and rng; return the epochs.

    Everything is changed in place, so an optimizer stays joined to its model. Training then goes on as if it had never
    stopped, to the last bit: the same batches, the same steps. Either all is put back or nothing is changed.

    Raises SavedFileError when the file is damaged or no saved network, when it is one of another model (layers, shapes,
    dtype) or another optimizer (kind, settings), or has no optimizer or rng where one is asked for; DataError for an
    rng that is none, OSError when the file cannot be read.
    """
    rngs = _generators(rng)
    about, arrays = _read(Path(path))
    _compare_layers(path, about["layers"], _layers(model))
    pairs = [(f"parameter_{i}", p.data) for i, p in enumerate(model.parameters())]
    if optimizer is not None:
        _compare_optimizers(path, about["optimizer"], _about(optimizer))
        pairs += [(f"optimizer_{name}_{i}", array) for name, i, array in _memory(optimizer)]
    for name, array in pairs:
        _compare_arrays(path, name, arrays, array)
    if rngs:
        _compare_rngs(path, about["rng"], rngs)

    for name, array in pairs:
        array[...] = arrays[name]
    if optimizer is not None:
        optimizer.lr, optimizer.steps = about["optimizer"]["lr"], about["optimizer"]["steps"]
    for generator, state in zip(rngs, about["rng"], strict=False):
        generator.bit_generator.state = state
    return about["epochs"]


def _layers(model: Layer) -> list[str]:
    return [repr(layer) for layer in (model.layers if isinstance(model, Sequential) else [model])]


def _about(optimizer: Optimizer) -> dict[str, Any]:
    apart = {"params", "lr", "steps", *optimizer.memories}
    settings = {name: value for name, value in vars(optimizer).items() if name not in apart and name[0] != "_"}
    # Through JSON and back, so that a tuple compares equal to the list it becomes in the file.
    settings = json.loads(json.dumps(settings, default=str))
    return {
        "kind": type(optimizer).__name__,
        "settings": settings,
        "lr": float(optimizer.lr),
        "steps": int(optimizer.steps),
    }


def _memory(optimizer: Optimizer) -> list[tuple[str, int, np.ndarray]]:
    return [(name, i, array) for name in optimizer.memories for i, array in enumerate(getattr(optimizer, name))]


def _generators(rng: np.random.Generator | Iterable[np.random.Generator] | None) -> list[np.random.Generator]:
    if rng is None:
        return []
    rngs = list(rng) if isinstance(rng, (list, tuple)) else [rng]
    for generator in rngs:
        require_rng(generator, "Saving or loading a state of chance")
    return rngs


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    content = io.BytesIO(path.read_bytes())
    try:
        with np.load(content, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop("about")))
        known = about["bpcore"] == _FORMAT and {"layers", "epochs", "optimizer", "rng"} <= set(about)
    # A damaged archive makes numpy and zipfile raise almost anything; the disk was read before this.
    except Exception:
        raise SavedFileError(
            f"{path} is not a network that bpcore.save has written, or it is damaged, perhaps cut short. Nothing was "
            "loaded: try another copy of it."
        ) from None
    if not known:
        raise SavedFileError(f"{path} was written in another format than this version of bpcore reads.")
    return about, arrays


def _compare_layers(path: str | os.PathLike, saved: list[str], here: list[str]) -> None:
    if len(saved) != len(here):
        raise SavedFileError(
            f"{path} holds a network of {len(saved)} layers and this one has {len(here)}. Build the model as it was "
            f"when it was saved: {', '.join(saved)}."
        )
    for position, (theirs, ours) in enumerate(zip(saved, here, strict=True)):
        if theirs != ours:
            raise SavedFileError(
                f"{path} holds another network: its layer {position} is {theirs}, and here it is {ours}. Build the "
                "model as it was when it was saved."
            )


def _compare_optimizers(path: str | os.PathLike, saved: dict[str, Any] | None, here: dict[str, Any]) -> None:
    if saved is None:
        raise SavedFileError(f"{path} holds no optimizer: it was saved without one. Load it without one as well.")
    for name in ("kind", "settings"):
        if saved[name] != here[name]:
            raise SavedFileError(
                f"{path} was saved with {_described(saved)}, and this is {_described(here)}. To go on as before, build "
                "the optimizer as it was; to start its memory afresh, load without it."
            )


def _described(about: dict[str, Any]) -> str:
    return f"{about['kind']}({', '.join(f'{name}={value}' for name, value in about['settings'].items())})"


def _compare_arrays(path: str | os.PathLike, name: str, arrays: dict[str, np.ndarray], here: np.ndarray) -> None:
    if name not in arrays:
        raise SavedFileError(f"{path} has no {name}: it was saved from another model or optimizer than this.")
    saved = arrays[name]
    if (saved.shape, saved.dtype) != (here.shape, here.dtype):
        hint = " Call model.astype at the same point as then." if saved.shape == here.shape else ""
        raise SavedFileError(
            f"{path}: {name} has shape {saved.shape} and dtype {saved.dtype}; here it is {here.shape} and {here.dtype}."
            f"{hint}"
        )


def _compare_rngs(path: str | os.PathLike, saved: list[dict[str, Any]], here: list[np.random.Generator]) -> None:
    kinds = [generator.bit_generator.state["bit_generator"] for generator in here]
    if [state["bit_generator"] for state in saved] != kinds:
        raise SavedFileError(
            f"{path} holds the states of {len(saved)} generators {[state['bit_generator'] for state in saved]}, and "
            f"{len(kinds)} were given, {kinds}: give as many as were saved, of the same kinds, in the same order."
        )
