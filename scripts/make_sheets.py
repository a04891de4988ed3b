"""Makes the sheets for teaching assistants: a unit's five kinds of mistakes, and what to ask. `make sheets`."""

from pathlib import Path

from bpcore.exercises import catalogue
from bpcore.exercises.families import FAMILIES, family_of

ROOT = Path(__file__).resolve().parent.parent
TOP = 5
# How often a survey of 237 public posts has seen each kind at least. It went kind by kind, so that the numbers say what
# happens, and not how often.
COUNTS = (
    "A1:8 A2:11 A3:11 O1:7 O2:4 O3:8 O4:5 H1:5 H2:1 H3:6 H4:3 H5:3 U1:5 W1:4 "
    "W2:8 N1:5 N2:5 N3:6 N4:6 N5:5 B1:8 B2:3 B3:4 B4:2 L1:6 L2:6 L3:5 S1:10 "
    "S2:4 S3:9 S4:5 F1:3 R1:9 R2:5 P1:7 P2:6 G1:4 C1:9 D1:11 X1:3 "
)
SEEN = {code: int(times) for code, times in (pair.split(":") for pair in COUNTS.split())}
ASK = {
    "A1": "Which variable goes into this slope: the sum z or the activation a? Can you test the formula at one number?",
    "A2": "If I move z by a little, by how much does this move? What has arrived from behind, and where is it used?",
    "A3": "What is this slope at 0, and far out on both sides? What does your formula give there?",
    "O1": "What lies between the loss and z at the output? Which slope belongs to each step on that way?",
    "O2": "Which loss follows this activation? What do their two slopes give when you multiply them on paper?",
    "O3": "If the output is too large, which sign should this have? Which way does the weight move then?",
    "O4": "How exactly is the loss defined: with ½, with 1/N? What happens to the constant when you derive it?",
    "H1": "What has the hidden layer to do with the output's error? Along which weights does it get there?",
    "H2": "Between the weighted sum and the activation there is a step. Where is its slope on your way back?",
    "H3": "Point at each name in this line: which layer does it belong to? Which one does the path go through?",
    "H4": "What are the shapes on both sides? Should entries meet entries, or should something be summed?",
    "H5": "Write the shapes under the line. Would it still run if the matrix were not square?",
    "U1": "With which weights was the forward pass made? Which ones does this line use on the way back?",
    "W1": "Which two things does an edge touch: what comes in at one end, and what error stands at the other?",
    "W2": "What shape has W, and what shape has dW? Which entry of dW belongs to W[0, 1]?",
    "N1": "Where is the division by the batch size? Follow one sample: how often is it divided on its way?",
    "N2": "The mean over what: samples, outputs, or both? What happens to your number if the batch is doubled?",
    "N3": "What does this variable hold when the second step begins? Who else holds the same array?",
    "N4": "Print both shapes before the subtraction. What does numpy do with (N,) and (N, 1)?",
    "N5": "Print a row and its label before and after. Is every row there once, and the last batch too?",
    "B1": "How many samples does one bias touch? What shape has b, and what shape has your gradient?",
    "B2": "Which axis counts samples? Which one must be left, if there is one number for each unit?",
    "B3": "What is a bias multiplied by in the forward pass? So what is the slope along it?",
    "B4": "Print b before and after the step. Which line should have moved it?",
    "L1": "Is a loss one number? What does it become if the same batch comes twice?",
    "L2": "Take the target 1, then 0. Which term is left in each case, and is it what you want?",
    "L3": "Which score makes this probability exactly 0? What would the formula be, written from the scores?",
    "S1": "What is exp(1000)? What may you subtract from all the scores without changing the answer?",
    "S2": "Which numbers should add up to 1? Print the sums over both axes.",
    "S3": "If only the first score moves, which probabilities move? Where are those in your matrix?",
    "S4": "What goes into this function: scores or probabilities? Where was softmax used before?",
    "F1": "Say aloud what each line hands to the next: a sum or an activation? Of which layer?",
    "R1": "Along which two ways does an error reach step t? Where does each of them stand in your line?",
    "R2": "Take a sequence of two steps and write both terms out. How often does each occur in yours?",
    "P1": "What does decay add to the loss, and what is its slope? Which way does it pull a positive weight?",
    "P2": "What does the memory hold after the first step? And after a hundred equal gradients?",
    "G1": "What was moved: a weight, an output? What was measured: the loss? Are the numbers floats, and put back?",
    "C1": "Take a 3 × 3 picture and a 2 × 2 kernel. Which pixels touch the output at row 1, column 0?",
    "D1": "A value is used twice. What is in its gradient after the first visit, and what after the second?",
    "X1": "How do you know that it has settled? Put the answer into the equation: what is left over?",
}


def sheets() -> str:
    """A sheet for each unit that has a notebook, as Markdown."""
    lines = [
        "# A sheet a unit, for teaching assistants",
        "",
        "Made by `make sheets` from the exercises; do not edit. The kinds of mistakes are those that the unit's "
        "exercises know by",
        "name, the most seen first: *seen* counts the public questions and bug reports in which a survey of 237 found "
        "the kind. It says",
        "what happens to people, and not how often it will in your class: `bpcore report` says that.",
        "",
        "The check has told the student which mistake it is. What is left for you is why. So ask, wait, and let the "
        "student run",
        "something; a hint is `hint(\"…\")`, the answer is nobody's gift.",
    ]
    seen = {family.title: SEEN[family.code] for family in FAMILIES}
    code = {family.title: family.code for family in FAMILIES}
    for unit in catalogue.units:
        if not (ROOT / "solutions" / unit / f"{unit}.ipynb").exists():
            continue
        where: dict[str, dict[str, None]] = {}
        for exercise in catalogue(unit).values():
            for mistake in exercise.mistakes:
                if title := family_of(mistake.name):
                    where.setdefault(title, {})[exercise.id] = None
        lines += ["", f"## {unit}", ""]
        if not where:
            lines.append("No kind of the survey occurs in this unit.")
            continue
        lines += ["| kind of mistake | seen | in | ask |", "|---|---|---|---|"]
        for title in sorted(where, key=lambda name: (-seen[name], -len(where[name]), name))[:TOP]:
            places = ", ".join(f"`{exercise}`" for exercise in where[title])
            lines.append(f"| {title} | {seen[title]} | {places} | {ASK[code[title]]} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "solutions" / "TA.md").write_text(sheets(), encoding="utf-8", newline="\n")
