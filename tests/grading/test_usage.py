"""What a notebook says of the hints it used is read, bounded, and never believed further than that."""

import json

import pytest

from bpcore.grading.usage import used
from bpcore.notebook import REPORT_MIME


def submission(**about: object) -> bytes:
    report = {"exercise": "start.row_sums", "used": about}
    output = {"output_type": "display_data", "data": {"text/plain": "…", REPORT_MIME: report}}
    return json.dumps({"cells": [{"cell_type": "markdown"}, {"outputs": [output]}]}).encode()


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"hints": 2, "solution": False}, "2 hints"),
        ({"hints": 1, "solution": True}, "1 hint, the solution"),
        ({"hints": 10**9, "solution": 1}, "3 hints"),
        ({"hints": 0, "solution": True}, "the solution"),
    ],
)
def test_hints_and_solutions_are_told(about: dict, told: str) -> None:
    assert used(submission(**about)) == {"start.row_sums": told}


@pytest.mark.parametrize("about", [{}, {"hints": "3"}, {"hints": -1}, {"hints": True}, {"solution": "yes"}])
def test_what_makes_no_sense_is_not_told(about: dict) -> None:
    assert used(submission(**about)) == {}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"cells": 3}', b'{"cells": [{"outputs": 3}]}', b"[" * 100_000, b'{"cells": [[], {}]}'],
)
def test_a_file_that_cannot_be_read_says_nothing(content: bytes) -> None:
    assert used(content) == {}
