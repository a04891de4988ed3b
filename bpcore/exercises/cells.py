"""The text of an exercise's cells in a notebook, as they are handed out."""

from bpcore.exercises.spec import Exercise

FORMS = {"faded": "Fill the blanks", "blank": "From scratch", "debug": "Find the bug"}


def asked(exercise: Exercise) -> str:
    """What is asked, as Markdown: title, form, points and minutes, goal, statement, and where help is."""
    points = f"{exercise.points:g} point{'s' if exercise.points != 1 else ''}"
    paragraphs = (
        f"### Exercise: {exercise.title}",
        f"*{FORMS[exercise.form]} · {points} · about {exercise.minutes} minutes*",
        f"**Goal.** {exercise.objective}",
        exercise.statement,
        *_causes(exercise),
        f'Stuck? Run `hint("{exercise.key}")` in a new cell.',
    )
    return "\n\n".join(paragraphs)


def check_line(exercise: Exercise) -> str:
    """The line that checks the answer; its last value is the points."""
    cause = f", {exercise.cause_name}" if exercise.causes else ""
    return f'check("{exercise.key}", {exercise.name}{cause})'


def changes(plain: Exercise, varied: Exercise) -> dict[str, str]:
    """Which text of the three cells of an exercise, as released, becomes which in a variant of it."""
    return {
        asked(plain): asked(varied),
        plain.starter.rstrip("\n"): varied.starter.rstrip("\n"),
        check_line(plain): check_line(varied),
    }


def _causes(exercise: Exercise) -> list[str]:
    """What a debugging exercise asks besides a mended function: the cause, from a list."""
    if not exercise.causes:
        return []
    listed = "\n".join(
        f"- **({letter})** {mistake.message.partition(':')[0].rstrip('.')}"
        for letter, mistake in exercise.causes.items()
    )
    return [f"Then name the cause: set `{exercise.cause_name}` to the letter of the sentence that is true.", listed]
