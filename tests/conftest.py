"""What every test shares: one thread for the mathematics, the tools a test may need, and no silent skips."""

import os
import shutil
from pathlib import Path

import mistake_table
import pytest
from hypothesis import settings

# numpy reads these when it is first imported, which none of the above does. The tests already run side by side, and
# sums in one thread repeat exactly.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

# A busy machine is slow now and then, and a deadline would call that a failure.
settings.register_profile("bpcore", deadline=None)
settings.load_profile("bpcore")

ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.txt")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; a test that asks for it is skipped where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return path or pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")


@pytest.fixture(scope="session")
def bubblewrap() -> str:
    """The path of bubblewrap; a test that asks for it is skipped where there is none."""
    return shutil.which("bwrap") or pytest.skip("bubblewrap is not installed (Debian: apt-get install bubblewrap)")


# A skipped test looks much like a passed one. With --strict-skips, a reason that nobody has allowed fails the run.


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--strict-skips",
        action="store_true",
        help=f"fail when a test is skipped for a reason that {ALLOWED_SKIPS.name} does not list",
    )


def pytest_configure(config: pytest.Config) -> None:
    # Under xdist the workers send their reports to the process that started them: only that one judges.
    if hasattr(config, "workerinput"):
        return
    config.pluginmanager.register(mistake_table, "mistake-table")
    if config.getoption("--strict-skips"):
        config.pluginmanager.register(SkipPolice(read_allowed(ALLOWED_SKIPS)), "skip-police")


def read_allowed(path: Path) -> list[str]:
    """The allowed reasons in the file. Raises pytest.UsageError for a line that has no reason or no explanation."""
    allowed = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        reason, _, why = line.partition("|")
        # An empty reason would be found in every skip, and so allow them all.
        if not reason.strip() or not why.strip():
            raise pytest.UsageError(f"{path.name}, line {number}: write 'reason substring | why it is allowed'")
        allowed.append(reason.strip())
    return allowed


class SkipPolice:
    """Collects the skips of a run and fails the run for those that are not allowed."""

    def __init__(self, allowed: list[str]) -> None:
        self.allowed = allowed
        self.refused: list[str] = []

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        # An expected failure is reported as skipped too, but it did run.
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(allowed in reason for allowed in self.allowed):
            self.refused.append(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.note(report)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        # A file that skips as a whole may leave no test at all: the skip is the better thing to complain of.
        if self.refused and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.refused:
            terminalreporter.section(f"skips that {ALLOWED_SKIPS.name} does not allow", red=True)
            for line in self.refused:
                terminalreporter.line(line)
