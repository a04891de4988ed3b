"""`bpcore play`, as one types it: a page that plays, nothing from elsewhere, and an end."""

from __future__ import annotations

import signal

from . import harness


def test_the_playground_plays_without_a_notebook_and_stops(tmp_path, page):
    env = harness.private_environment(tmp_path / "private")
    pattern = r"^\s+(http://127\.0\.0\.1:\d+/\?token=\w+)$"
    arguments = ["bpcore", "play", "--no-browser"]
    with harness.served(arguments, root=tmp_path, cwd=tmp_path, env=env, pattern=pattern) as server:
        failed, answered = [], []
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.on("response", lambda response: answered.append(response.url))
        page.goto(server.url)
        page.locator(".bp-playground[data-serial]").wait_for()
        page.get_by_role("button", name="Play", exact=True).click()
        page.wait_for_function("() => +document.querySelector('.bp-count').textContent > 20")
        assert page.locator(".bp-still").is_hidden()
        here = ("http://127.0.0.1", "data:", "blob:")
        assert [url for url in answered if not url.startswith(here)] == []
        page.close()
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(30) == 0
    assert "Traceback" not in server.log


def test_without_the_token_there_is_nothing_to_see(tmp_path, page):
    env = harness.private_environment(tmp_path / "private")
    pattern = r"^\s+(http://127\.0\.0\.1:\d+/\?token=\w+)$"
    arguments = ["bpcore", "play", "--no-browser", "--idle", "0.05"]
    with harness.served(arguments, root=tmp_path, cwd=tmp_path, env=env, pattern=pattern) as server:
        page.goto(server.url.partition("?")[0])
        assert page.locator(".bp-playground").count() == 0
        # Nobody came who may: after three seconds it has had enough.
        assert server.process.wait(30) == 0
