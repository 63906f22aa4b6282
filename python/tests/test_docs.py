"""The code of docs/python.md and of the notebook runs."""

import re

import nbclient
import nbformat
import pytest
from conftest import ROOT


@pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy:UserWarning")
def test_the_code_of_the_documentation_runs(monkeypatch, capsys):
    text = (ROOT / "docs/python.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    blocks += re.findall(r"^```python\n(.*?)^```", (ROOT / "python/README.md").read_text(), re.M | re.S)
    blocks += re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    assert len(blocks) >= 8
    monkeypatch.setenv("LIGHTSAIL_SQL_DEMO_TODAY", "2026-01-01")
    names = {}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), names)
    said = capsys.readouterr().out
    assert "the first 5 rows" in said and "did you mean" in said


def test_the_documentation_names_every_exception():
    import lightsail_sql

    text = (ROOT / "docs/python.md").read_text()
    kinds = [name for name in lightsail_sql.__all__ if name.endswith("Error")]
    assert len(kinds) == 8
    for name in kinds:
        assert f"| `{name}` |" in text, name


def test_the_notebook_runs(monkeypatch):
    monkeypatch.setenv("LIGHTSAIL_SQL_DEMO_TODAY", "2026-01-01")
    notebook = nbformat.read(ROOT / "examples/fleet.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) >= 6
    pages = [output for cell in code for output in cell.outputs if "text/html" in output.get("data", {})]
    assert len(pages) >= 3 and all("Error" not in output["data"]["text/html"] for output in pages)
