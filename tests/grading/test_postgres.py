"""A gradebook on PostgreSQL says what one in SQLite says: tried on a server that the test starts for itself."""

import contextlib
import datetime
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from bpcore.grading import build_spec, grade, main
from bpcore.grading.gradebook import Gradebook, GradebookError, Graded, course_directory
from bpcore.grading.runner import run
from bpcore.grading.spec import max_points

from .submissions import ROOT, START, answered, as_bytes, right
from .test_gradebook import ROWS
from .test_runner import hand_in

SPEC = build_spec(START)
WORTH = max_points(SPEC)
NAMES = ("ada", "Zoë O'Neil, jr.", "李小龍", 'a "b" c')
NOBODY = 65534


def programs():
    """The folder of PostgreSQL's programs; Debian keeps them out of the path."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")


@pytest.fixture(scope="module")
def server():
    """The folder of the socket of a server of our own, which root may not run as itself."""
    folder = Path(tempfile.mkdtemp(prefix="bpcore-"))  # a socket's path must be short
    who = []
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        who = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    # It ends with this process, also where that is killed.
    command = ["setpriv", "--pdeathsig", "INT", *who]
    make = [programs() / "initdb", "-D", folder / "data", "-U", "grader", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*command, *make, "--locale=C"], check=True, capture_output=True, cwd=folder)
    start = [programs() / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, *start, "-c", "fsync=off"], stdout=log, stderr=log, cwd=folder)
    try:
        for _ in range(600):
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(host=str(folder), user="grader", dbname="postgres").close()
                break
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        yield folder
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        shutil.rmtree(folder)


@pytest.fixture
def url(server, request):
    """The address of a fresh, empty database."""
    name = f"db{request.node.name.encode().hex()[-20:]}"
    with psycopg.connect(host=str(server), user="grader", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql+psycopg://grader@/{name}?host={server}"


def rows(url):
    """All that a gradebook says, whatever database holds it."""

    def plain(value):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime.datetime) else value

    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return {
                name: sorted((tuple(map(plain, row)) for row in connection.execute(text(query))), key=repr)
                for name, query in ROWS.items()
            }
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def result():
    return grade(as_bytes(answered(START, right(START))), SPEC, 1, sandboxed=False)


def land(folder, url, *graded, **options):
    with Gradebook(SPEC, course_directory(folder, url), **options) as book:
        return book.land(graded)


def test_the_rows_are_those_of_sqlite(url, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for i, name in enumerate(NAMES):
        hand_in(tmp_path, name, as_bytes(answered(START, right(START) if i % 2 else {}, after=f"n = {i}")))
    hand_in(tmp_path, "ada", b"2026-02-03 04:05:06 UTC\n", "timestamp.txt")
    options = ["--unsandboxed", "--workers", "1"]
    assert main([START, *options, "--gradebook", url, "--csv", "there.csv", "--feedback", "there"]) == 0
    assert main([START, *options, "--csv", "here.csv", "--feedback", "here"]) == 0
    there, here = rows(url), rows(f"sqlite:///{tmp_path}/gradebook.db")
    assert there == here
    assert len(there["grades"]) == len(WORTH) * len(NAMES)
    assert Path("there.csv").read_text() == Path("here.csv").read_text()
    assert {p.name for p in Path("there").iterdir()} == set(NAMES)
    capsys.readouterr()
    assert main([START, *options, "--gradebook", url]) == 0
    assert "0 changed" in capsys.readouterr().out
    assert rows(url) == there


def test_what_a_person_gave_stands_and_graded_again_shows_old_and_new(url, tmp_path):
    hand_in(tmp_path, "ada", as_bytes(answered(START, right(START))))
    course = course_directory(tmp_path, url)
    run(SPEC, course, sandboxed=False, workers=1)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE grade SET auto_score = 0.5, manual_score = 0.75 WHERE auto_score = 3"))
    engine.dispose()
    batch = run(SPEC, course, sandboxed=False, workers=1, regrade="start.value")
    (move,) = batch.moves
    assert (move.before, move.after, move.manual) == (0.5, 3.0, 0.75)
    with Gradebook(SPEC, course) as book:
        assert book.standings()["ada"].score == sum(WORTH.values()) - WORTH["start.value"] + 0.75


def test_a_locked_table_is_waited_for_and_then_named(url, server, tmp_path, result):
    land(tmp_path, url)
    said = []
    name = url.partition("@/")[2].partition("?")[0]
    with psycopg.connect(host=str(server), user="grader", dbname=name) as other:
        other.execute("LOCK TABLE grade IN EXCLUSIVE MODE")
        with pytest.raises(GradebookError, match=r"locked by another program, and stayed so for 0.3 seconds"):
            land(tmp_path, url, Graded("ada", result), wait=0.3, say=said.append)
        assert len(said) == 1
        release = threading.Timer(0.5, other.rollback)
        release.start()
        assert land(tmp_path, url, Graded("ada", result), wait=60) == ["ada"]
        release.join()


def test_two_who_grade_at_once_into_a_new_gradebook_lose_nothing(url, tmp_path):
    command = [sys.executable, "-W", "ignore", "-m", "bpcore", "grade", START, "--unsandboxed", "--workers", "1"]
    graders = []
    for group in ("one", "two"):
        for i in range(3):
            hand_in(tmp_path / group, f"{group}{i}", as_bytes(answered(START, right(START), after=f"n = {i}")))
        graders.append(subprocess.Popen([*command, "--gradebook", url], cwd=tmp_path / group, stdout=subprocess.PIPE))
    for grader in graders:
        said, _ = grader.communicate(timeout=120)
        assert grader.returncode == 0
        assert b"3 changed" in said
    assert len(rows(url)["grades"]) == len(WORTH) * 6


def test_whoever_is_killed_leaves_whole_batches(url, tmp_path):
    for i in range(60):
        hand_in(tmp_path, f"s{i:02d}", as_bytes(answered(START, {})))
    code = (
        "import sys; from bpcore.grading import build_spec, runner; runner.BATCH = 5\n"
        "from bpcore.grading.gradebook import course_directory\n"
        f"runner.run(build_spec('{START}'), course_directory('.', sys.argv[1]), sandboxed=False, workers=1)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, url]
    with subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}) as grader:
        engine = create_engine(url)
        while grader.poll() is None:
            with contextlib.suppress(Exception), engine.connect() as connection:
                if connection.execute(text("SELECT count(*) FROM grade")).scalar() > 0:
                    break
        grader.kill()
        engine.dispose()
    landed = len(rows(url)["grades"])
    assert landed % (5 * len(WORTH)) == 0
    assert len(run(SPEC, course_directory(tmp_path, url), sandboxed=False, workers=1).overview.lines) == 60
    assert len(rows(url)["grades"]) == 60 * len(WORTH)


@pytest.mark.parametrize("address", ["postgres", "nothing://here/db", "postgresql+nothing://grader@/db"])
def test_an_address_that_is_none_is_named(tmp_path, address):
    with pytest.raises(GradebookError, match=r"no address of a database|a package is missing"):
        land(tmp_path, address)


def test_a_server_that_is_not_there_is_named_without_the_password(tmp_path):
    with pytest.raises(GradebookError, match="cannot be used") as error:
        land(tmp_path, "postgresql+psycopg://me:secret@127.0.0.1:1/grades", wait=0.2)
    assert "secret" not in str(error.value)
