"""The database behind the gradebook: opened whole, waited for while it is locked, and explained when it fails."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from nbgrader.api import Gradebook as NbgraderBook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.orm import Session
from traitlets.config import Config, PyFileConfigLoader

from bpcore.errors import BpcoreError

CONFIG = "nbgrader_config.py"
TURN = 1.0  # seconds between two looks at a locked gradebook


class GradebookError(BpcoreError, RuntimeError):
    """The gradebook could not take the results: it is locked, of another version, or holds another release."""


def course_directory(folder: Path | str = ".", db_url: str | None = None) -> CourseDirectory:
    """nbgrader's idea of a course: the settings in the folder's nbgrader_config.py, if there is one.

    ``db_url`` is a database other than the settings' (SQLAlchemy's form, such as "sqlite:///gradebook.db").
    """
    root = Path(folder).resolve()
    config = PyFileConfigLoader(CONFIG, str(root)).load_config() if (root / CONFIG).is_file() else Config()
    if "root" not in config.CourseDirectory:
        config.CourseDirectory.root = str(root)
    if db_url is not None:
        config.CourseDirectory.db_url = db_url
    return CourseDirectory(config=config)


class Database:
    """nbgrader's gradebook as SQLite or PostgreSQL keep it, open between ``with`` and its end.

    Parameters: ``course`` of `course_directory`, whose ``db_url`` says where; ``wait``, the seconds to wait for a
    database that another program has locked; ``say`` is told when the waiting begins.
    """

    def __init__(
        self,
        course: CourseDirectory,
        *,
        wait: float = 60.0,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.course, self.wait, self.say = course, wait, say

    def __enter__(self) -> Self:
        """Open the database, and make it where there is none. Raises GradebookError."""
        try:
            url = self._url()
        except ArgumentError as error:
            raise GradebookError(
                f"{self.course.db_url!r} is no address of a database ({error}). Expected is one such as "
                f"sqlite:////home/me/gradebook.db or postgresql+psycopg://me@localhost/grades."
            ) from None
        self.book = self._patiently(lambda: self._opened(url))
        return self

    def __exit__(self, *_: object) -> None:
        self.book.close()

    def _url(self) -> URL:
        """The database's address, with how long the database itself waits for a lock before we speak of it."""
        url, turn = make_url(self.course.db_url), max(min(self.wait / 4, TURN), 0.001)  # 0 would be for ever
        if url.get_backend_name() == "sqlite":
            return url.update_query_dict({"timeout": str(turn)})
        if url.get_backend_name() == "postgresql":
            before = url.query.get("options", "")
            return url.update_query_dict({"options": f"{before} -c lock_timeout={round(1000 * turn)}".strip()})
        return url

    def _opened(self, url: URL) -> NbgraderBook:
        try:
            with _alembic_found():
                if url.get_backend_name() == "sqlite":
                    _create_whole(url, self.course.course_id)
                return NbgraderBook(url.render_as_string(hide_password=False), self.course.course_id)
        except (ModuleNotFoundError, NoSuchModuleError) as error:
            raise GradebookError(
                f"The gradebook's address begins with {url.drivername}://, for which a package is missing ({error}). "
                f"For PostgreSQL: pip install 'bpcore[postgres]', and write postgresql+psycopg://…"
            ) from None

    def transaction(self, work: Callable[[Session], Any]) -> Any:
        """Do the work and commit, or leave everything as it was. It is done again while somebody else holds a lock,
        and once more if somebody else wrote the same rows."""
        session = self.book.db()

        def once() -> Any:
            try:
                done = work(session)
                session.commit()
                return done
            except BaseException:
                session.rollback()
                raise

        return self._patiently(once)

    def _patiently(self, work: Callable[[], Any]) -> Any:
        """Call ``work`` until no lock is in the way, or ``wait`` is over. Raises GradebookError."""
        end, clashes, told = time.monotonic() + self.wait, 0, False
        while True:
            try:
                return work()
            except (IntegrityError, ProgrammingError) as error:  # the latter: somebody made the same tables just now
                clashes += 1
                if clashes == 2:
                    raise self._explained(error) from error
            except DBAPIError as error:
                if not _locked(error) or time.monotonic() >= end:
                    raise self._explained(error) from error
                if not told:
                    self.say(
                        f"The gradebook {self._shown()} is locked by another program: waiting for up to "
                        f"{self.wait:g} seconds."
                    )
                    told = True
                time.sleep(0.05)  # SQLite may say so at once, without having waited

    def _shown(self) -> str:
        return make_url(self.course.db_url).render_as_string(hide_password=True)

    def _explained(self, error: DBAPIError) -> GradebookError:
        where, told = self._shown(), str(error.orig).strip()
        if _locked(error):
            return GradebookError(
                f"The gradebook {where} is locked by another program, and stayed so for {self.wait:g} seconds. Nothing "
                f"of this batch was written. End the other program (a second grader, a database browser), then try "
                f"again."
            )
        if "disk is full" in told or "No space left" in told:
            return GradebookError(
                f"The disk of the gradebook {where} is full. Nothing of this batch was written, and what was written "
                f"before is whole: make room, then try again."
            )
        return GradebookError(
            f"The gradebook {where} cannot be used ({told}). If an older nbgrader made it: save a copy, then run "
            f"`nbgrader db upgrade`."
        )


def _locked(error: DBAPIError) -> bool:
    """Whether another program holds what was asked for: SQLite's words, and PostgreSQL's."""
    told = str(error.orig)
    return isinstance(error, OperationalError) and any(word in told for word in ("locked", "busy", "lock timeout"))


def _create_whole(url: Any, course_id: str) -> None:
    """Make a new SQLite gradebook beside its place and move it there: half of its tables are never seen."""
    if url.database in (None, "", ":memory:") or os.path.exists(url.database):
        return
    part = f"{url.database}.{os.getpid()}.{time.monotonic_ns()}.part"
    try:
        NbgraderBook(f"sqlite:///{part}", course_id).close()
        _claim(part, url.database)
    finally:
        Path(part).unlink(missing_ok=True)


@contextlib.contextmanager
def _alembic_found() -> Iterator[None]:
    """Let nbgrader run the program alembic, which lies beside this Python: it asks for the version of its tables."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _claim(part: str, target: str) -> None:
    """Move a file to its place, unless somebody else was faster."""
    try:
        with contextlib.suppress(FileExistsError):
            os.link(part, target)
    except OSError:  # no links on this file system
        os.replace(part, target)
