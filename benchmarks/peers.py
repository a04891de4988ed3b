"""bpcore and its peers, side by side in one process: `make bench`, or python -m benchmarks.peers --only digits.

Each ratio is the peer's time to ours: above 1, bpcore is faster. It is the median over three runs of the median ratio
within a run, with the lowest and highest run in brackets. A busy machine moves the times more than the ratios.
"""

import argparse
import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; return 0, whatever the goals: this measures, it does not judge."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", metavar="TEXT", help="only the rows whose name contains this")
    parser.add_argument("--threads", type=int, choices=(1, 2), default=1, help="threads for the mathematics (1)")
    parser.add_argument("--runs", type=int, default=3, help="how often each row is measured (3)")
    parser.add_argument("--seconds", type=float, default=1.0, help="about how long one run of a row takes (1)")
    options = parser.parse_args(argv)

    # numpy, torch and jax read these when they are first imported.
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(options.threads)
    if options.threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ.setdefault("JAX_PLATFORMS", "cpu")

    from benchmarks import layers, tapes, training
    from benchmarks.timing import have, measure, table

    print(_machine(options.threads), flush=True)
    for rows in (tapes.scalar_contests, training.contests, layers.contests, tapes.contests):
        for name, prepare in rows():
            if options.only is None or options.only.lower() in name.lower():
                if rows is not tapes.scalar_contests and have("torch"):
                    import torch

                    torch.set_num_threads(options.threads)
                contest = prepare()
                print("", *table(contest, measure(contest, options.runs, options.seconds)), sep="\n", flush=True)
    return 0


def _machine(threads: int) -> str:
    import platform
    from importlib import metadata

    found = []
    for package in ("numpy", "torch", "jax", "scikit-learn", "autograd", "micrograd"):
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            found.append(f"{package} not installed")
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"Python {platform.python_version()}, {', '.join(found)}; {os.cpu_count()} processors{load}, "
        f"{threads} thread{'s' * (threads > 1)}\nratios: the peer's time to ours"
    )


if __name__ == "__main__":
    sys.exit(main())
