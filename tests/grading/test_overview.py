"""The overview tells of everything that a person should look at, however many kinds of it there are."""

from bpcore.grading.overview import Line, Overview


def line(student, *notes):
    return Line(student, 1.0, {"start.value": 1.0}, {"start.value": "right"}, notes)


def crowd():
    """A class in which 60 others left notes of 30 kinds, each of two students, beside one that is alone."""
    words = [f"kind {a}{b}" for a in "abcde" for b in "uvwxyz"]
    lines = [line(f"student {word} {i}", f"A note of the {word}.") for word in words for i in (1, 2)]
    return words, [*lines, line("mallory", "The cell forge-points ended itself there, with SystemExit.")]


def test_a_rare_note_is_told_in_a_class_with_many_commoner_kinds():
    words, lines = crowd()
    text = Overview("00_start", {"start.value": 1.0}, lines).text(names=True)
    assert "forge-points ended itself" in text
    assert "mallory" in text
    assert all(f"A note of the {word}." in text for word in words)


def test_each_reason_for_which_a_file_was_set_aside_is_told():
    aside = {f"student {word}": f"The file is of the {word}." for word in crowd()[0]}
    text = Overview("00_start", {"start.value": 1.0}, [], aside).text()
    assert all(why in text for why in aside.values())


def test_notes_that_differ_in_numbers_alone_are_one_kind_with_all_who_left_them():
    lines = [line(f"student {i:02}", f"Cell {i} is a second answer, with {i},000 characters.") for i in range(40)]
    text = Overview("00_start", {"start.value": 1.0}, lines).text(names=True)
    assert text.count("is a second answer") == 1
    assert "   40  Cell 0 is a second answer" in text
    assert all(f"student {i:02}" in text for i in range(40))
    assert "student" not in Overview("00_start", {"start.value": 1.0}, lines).text()
