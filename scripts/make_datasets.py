"""Make the arrays that ship in bpcore/datasets from public packages: pip install scikit-learn, then run this file."""

import io
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

DATASETS = Path(__file__).parent.parent / "bpcore" / "datasets"


def write_npz(path: Path, **arrays: np.ndarray) -> None:
    """Write a compressed npz whose bytes depend on the arrays alone (np.savez would stamp the time)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, buffer.getvalue())
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def main() -> None:
    digits = load_digits()
    write_npz(DATASETS / "digits.npz", images=digits.data.astype(np.uint8), labels=digits.target.astype(np.uint8))


if __name__ == "__main__":
    main()
