"""`docs/adding-a-table.md` is true: in a fresh clone, every file and command of it does what the page says."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.run.clones import running
from tests.run.pages import Shell, blocks, printed

pytestmark = pytest.mark.slow


def test_page_about_adding_a_table_does_what_it_says(folder: Path) -> None:
    kinds, output = [], ""
    with ExitStack() as stack:
        shell = Shell(folder)
        stack.callback(shell.end)
        base = "127.0.0.1:8000"
        for kind, text, file in blocks(folder / "docs" / "adding-a-table.md"):
            kinds.append(kind)
            if kind == "text":
                printed(text, output)
            elif kind != "sh":
                assert file
                (folder / file).write_text(text)
            elif text == "make run\n":
                base = f"127.0.0.1:{stack.enter_context(running(folder)).port}"
            else:
                output = shell.run(text.replace("127.0.0.1:8000", base))
    assert kinds.count("sh") >= 10
    assert {"python", "sql", "text"} <= set(kinds)
