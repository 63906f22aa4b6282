"""How far a result has come: told to a function, on a line of a terminal, in a bar of a notebook, and nowhere else."""

import os
import pty
import subprocess
import sys
import textwrap

import nbclient
import nbformat
import pytest


def test_progress_is_said_of_what_takes_long(endpoint):
    seen = []
    made = endpoint("--latency-ms", "100", "--instances", "400", "--regions", "2")
    fleet = made.connect(region="all", progress=lambda *state: seen.append(state))
    fleet.sql("SELECT name FROM instances").fetchall()
    assert seen and seen[-1][1] == 2 and seen[-1][2] >= seen[0][2]


def test_progress_on_a_terminal_is_one_line_that_goes(endpoint):
    made = endpoint("--latency-ms", "300", "--instances", "200", "--regions", "2")
    program = f"""
        import lightsail_sql
        fleet = lightsail_sql.connect(region="all", endpoint_url="{made.url}")
        assert len(fleet.sql("SELECT name FROM instances").fetchall()) == 200
    """
    terminal, side = pty.openpty()
    environment = {**os.environ, "COLUMNS": "30"}
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], stderr=side, stdout=subprocess.PIPE, env=environment)
    os.close(side)
    said = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert (ran.returncode, ran.stdout) == (0, b""), said
    first, *lines, last = said.split("\r\x1b[K")
    assert first == last == "" and lines and lines[0].startswith("0 of 2 targets, "), said
    assert all(line != after for line, after in zip(lines, lines[1:])), "the same is written again"
    assert max(map(len, lines)) < 30, lines


@pytest.mark.parametrize("has_widgets", (True, False))
def test_progress_in_a_notebook_is_a_bar_that_goes(endpoint, has_widgets):
    made = endpoint("--latency-ms", "300", "--instances", "200", "--regions", "2")
    hidden = "" if has_widgets else "import sys; sys.modules['ipywidgets'] = None\n"
    code = f"""{hidden}import lightsail_sql
fleet = lightsail_sql.connect(region="all", endpoint_url="{made.url}")
result = fleet.sql("SELECT name FROM instances")
assert len(result.fetchall()) == 200"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    if has_widgets:
        assert [output.output_type for output in outputs] == ["display_data"], outputs
        models = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"].state.values()
        bars = [model.state for model in models if model.model_name == "FloatProgressModel"]
        assert [(bar.max, bar.bar_style) for bar in bars] == [(2, "")], bars
    else:
        said = "".join(output.text for output in outputs)
        assert "0/2 [" in said and said.endswith("\r") and "Error" not in said, outputs
