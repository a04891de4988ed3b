"""The folder a learner works in: the course arrives, newer releases are merged in, and nothing of theirs is lost."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bpcore.errors import BpcoreError
from bpcore.merging import merge, sources

# The course as it was when a notebook was last brought up to date: what tells the learner's changes from the course's.
RELEASED = Path(".bpcore") / "released"


class FolderError(BpcoreError):
    """The learner's folder or the course's notebooks are not as they have to be."""


def course_dir() -> Path:
    """The folder of the course's notebooks: inside an installed package, beside it in a clone of the repository."""
    package = Path(__file__).resolve().parent
    installed = package / "course"
    return installed if installed.is_dir() else package.parent / "course"


@dataclass
class Renewal:
    """What happened to a learner's folder.

    ``copied`` are files that were not there; ``merged`` notebooks that got a newer release's cells, each with where the
    old one is kept (None where it held no work); ``left`` notebooks that could not be merged, each with the reason.
    """

    copied: list[Path] = field(default_factory=list)
    merged: dict[Path, Path | None] = field(default_factory=dict)
    left: dict[Path, str] = field(default_factory=dict)

    def text(self) -> str:
        """The same in a few lines; empty when there is no news."""
        lines = [f"{len(self.copied)} new from the course."] if self.copied else []
        for path, kept in self.merged.items():
            where = f" Your notebook as it was is kept as {kept.name}." if kept else ""
            lines.append(f"{path.name} is now the course's newer version; your answers stand in it.{where}")
        lines += [f"{path.name} was left alone: {reason}" for path, reason in self.left.items()]
        return "\n".join(lines)


def bring_up_to_date(source: Path, target: Path) -> Renewal:
    """Copy what the learner does not have, and merge what the course has changed since, into what they have.

    A notebook is touched only when the course's own has changed since it was copied or last merged, and then the old
    one is kept beside it under its name and the date, unless it held no work. What cannot be read is left alone.
    Raises FolderError as `copy_missing` does.
    """
    source, target = Path(source), Path(target)
    renewal = Renewal(copy_missing(source, target))
    try:
        for original in _course_files(source):
            mine, record = target / original.relative_to(source), target / RELEASED / original.relative_to(source)
            released = original.read_bytes()
            # A link is the learner's own arrangement: writing through it might change a file anywhere.
            if original.suffix != ".ipynb" or mine.is_symlink() or not mine.is_file():
                continue
            if mine not in renewal.copied and not (record.is_file() and record.read_bytes() == released):
                base = record.read_bytes() if record.is_file() else None
                try:
                    kept, changed = _merge_file(mine, released, base)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    renewal.left[mine] = f"it is no notebook that can be read ({error})."
                    continue
                if changed:
                    renewal.merged[mine] = kept
            _make_folder(record.parent)
            _replace(record, released)
    except OSError as error:
        raise _cannot_write(target, error) from error
    return renewal


def _merge_file(mine: Path, released: bytes, base: bytes | None) -> tuple[Path | None, bool]:
    """Merge one notebook in place; say where the old one is kept, and whether anything changed."""
    old = mine.read_bytes()
    theirs, course = json.loads(old), json.loads(released)
    began = None if base is None else json.loads(base)
    merged = merge(theirs, course, began).notebook
    if sources(merged) == sources(theirs):
        return None, False
    kept = None
    if began is None or sources(theirs) != sources(began):
        kept = _free_name(mine.with_name(f"{mine.stem} before {date.today():%Y-%m-%d}.ipynb"))
        _replace(kept, old)
    _replace(mine, (json.dumps(merged, ensure_ascii=False, indent=1) + "\n").encode())
    return kept, True


def _free_name(wanted: Path) -> Path:
    number, path = 2, wanted
    while os.path.lexists(path):
        path = wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
        number += 1
    return path


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that whoever looks sees the old content or the new, and never half of it."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _course_files(source: Path) -> Iterator[Path]:
    for original in sorted(source.rglob("*")):
        hidden = any(part.startswith((".", "__")) for part in original.relative_to(source).parts)
        if original.is_file() and not hidden:  # checkpoints and caches are nobody's course
            yield original


def _cannot_write(target: Path, error: OSError) -> FolderError:
    return FolderError(
        f"The course cannot be copied into {target}: {error.strerror or error}. "
        "Make room or allow writing there, or choose another folder: bpcore lab FOLDER"
    )


def copy_missing(source: Path, target: Path) -> list[Path]:
    """Copy each file of the course that the learner does not have yet; return the new files, sorted.

    Whatever already stands under a file's name is left exactly as it is: older or newer, file, folder or link.
    A copy that is interrupted leaves no half-written notebook behind.

    Raises FolderError when `source` is no folder, when `target` is a file or lies inside the course, when a file stands
    where a folder has to be, and when `target` cannot be written.
    """
    source, target = Path(source), Path(target)
    if not source.is_dir():
        raise FolderError(
            f"The course's notebooks should be in {source}, and there is no such folder. "
            "They come with the installed package and with a clone of the repository: install bpcore anew."
        )
    if target.resolve().is_relative_to(source.resolve()):
        raise FolderError(
            f"{target} is the course's own folder, which should stay as it was released. "
            "Choose another folder to work in, for example: bpcore lab my-course"
        )
    copied = []
    try:
        _make_folder(target)
        for original in _course_files(source):
            wanted = target / original.relative_to(source)
            _make_folder(wanted.parent)
            # lexists and not exists: a link that leads nowhere is the learner's too.
            if not os.path.lexists(wanted) and _copy_new(original, wanted):
                copied.append(wanted)
    except OSError as error:
        raise _cannot_write(target, error) from error
    return copied


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        obstacle = next(path for path in (folder, *folder.parents) if os.path.lexists(path) and not path.is_dir())
        raise FolderError(
            f"{obstacle} is a file, and the course needs a folder of that name. Rename it, or choose another folder: "
            "bpcore lab FOLDER"
        ) from error


def _copy_new(original: Path, wanted: Path) -> bool:
    """Copy `original` to `wanted` in one step, and only if nothing stands there: say whether it was copied."""
    part = wanted.with_name(f".{wanted.name}.{secrets.token_hex(4)}.part")
    try:
        # Contents only: a read-only original must not give the learner a notebook that cannot be saved.
        with original.open("rb") as reader, part.open("xb") as writer:
            shutil.copyfileobj(reader, writer)
        try:
            # A hard link appears whole, and refuses a name that is taken; a rename would replace it on most systems.
            os.link(part, wanted)
        except FileExistsError:
            return False
        except OSError:
            # A memory stick or a network folder may know no links: take the name first, then fill it.
            try:
                wanted.open("xb").close()
            except FileExistsError:
                return False
            os.replace(part, wanted)
    finally:
        part.unlink(missing_ok=True)
    return True
