"""The JavaScript and the styles beside this file, put together as one text for the browser, without a build step."""

import re
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)


@cache
def script(name: str) -> str:
    """The module `name` with the modules it imports from this folder in front of it, each once.

    A notebook gets a widget's JavaScript as one text, in which a relative import would lead nowhere. All modules share
    one scope there, so no two of them may use the same name at their top level.
    """
    return "\n".join(text for _, text in _gathered(name, set()))


def _gathered(name: str, seen: set[str]) -> list[tuple[str, str]]:
    if name in seen:
        return []
    seen.add(name)
    text = (HERE / name).read_text(encoding="utf-8")
    before = [part for other in _IMPORT.findall(text) for part in _gathered(other, seen)]
    return [*before, (name, _IMPORT.sub("", text))]


@cache
def style(*names: str) -> str:
    """What all widgets look like, and then the style sheets named."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("look.css", *names))
