"""Answers as other people would write them: right ones in other styles, wrong ones with the verdict they deserve."""

from collections import Counter
from collections.abc import Callable

from bpcore.exercises import assess, catalogue

SEEDS = (0, 1, 7)
NO_NAME = ""


class Answers:
    """Collects answers to the exercises of one unit: `right(id)` and `wrong(id, verdict)` are decorators."""

    def __init__(self) -> None:
        self.rights: list[tuple[str, Callable]] = []
        self.wrongs: list[tuple[str, str, Callable]] = []

    def right(self, exercise_id: str) -> Callable[[Callable], Callable]:
        """An answer that earns everything."""
        return lambda answer: self.rights.append((exercise_id, answer)) or answer

    def wrong(self, exercise_id: str, verdict: str) -> Callable[[Callable], Callable]:
        """An answer that is told this name; NO_NAME when its numbers are not those of any known mistake."""
        return lambda answer: self.wrongs.append((exercise_id, verdict, answer)) or answer

    def few(self, unit: str, rights: int = 3, wrongs: int = 2) -> list[str]:
        """The exercises of a unit that have fewer answers than this."""
        counted = Counter(id for id, _ in self.rights), Counter(id for id, _, _ in self.wrongs)
        return [id for id in catalogue(unit) if counted[0][id] < rights or counted[1][id] < wrongs]


def earns_everything(exercise_id: str, answer: Callable) -> None:
    """Assert that an answer is right, whatever the numbers."""
    for seed in SEEDS:
        report = assess(exercise_id, answer, seed)
        assert report.passed, report.text()
        assert report.points == catalogue[exercise_id].points


def is_told(exercise_id: str, verdict: str, answer: Callable) -> None:
    """Assert that an answer loses points, and that it is told the verdict among the mistakes that are known by name."""
    names = {mistake.name for mistake in catalogue[exercise_id].mistakes}
    assert not verdict or verdict in names
    for seed in SEEDS:
        report = assess(exercise_id, answer, seed)
        assert report.points < catalogue[exercise_id].points, report.text()
        assert not report.passed
        told = {finding.mistake for finding in report.findings} & names
        assert told == ({verdict} if verdict else set()), report.text()
