"""Each widget's test begins with nothing remembered, and leaves nothing behind for the next."""

import pytest

from bpcore import diary


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diary, "_session", [])
