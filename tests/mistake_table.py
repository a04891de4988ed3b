"""Counts, over all banks of mistakes, how many lose points and how many are answered by their own name."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts: dict[str, dict[str, int]] = {}
    for status in ("passed", "failed"):
        for report in terminalreporter.stats.get(status, []):
            for key, (exercise, outcome) in getattr(report, "user_properties", []):
                if key == "mistake" and report.when == "call":
                    row = counts.setdefault(exercise, {"caught": 0, "named": 0, "confused": 0, "missed": 0})
                    row["caught"] += outcome != "missed"
                    row[outcome] += outcome in ("named", "confused", "missed")
    if not counts:
        return
    terminalreporter.section("mistakes")
    width = max(map(len, counts))
    for exercise, row in counts.items():
        told = "  ".join(f"{name} {n:3}" for name, n in row.items() if n or name != "missed")
        terminalreporter.line(f"{exercise:{width}}  {told}")
    total = {name: sum(row[name] for row in counts.values()) for name in ("caught", "named", "confused", "missed")}
    terminalreporter.line(f"{'all':{width}}  " + "  ".join(f"{name} {n:3}" for name, n in total.items()))
