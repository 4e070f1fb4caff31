"""The notebook for newcomers runs from the first cell to the last, as they would run it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from uncovered import uncovered

pytest.importorskip("torch", reason="the notebook trains: tonality[train]")
nbformat = pytest.importorskip("nbformat", reason="it is run with the extra dev")
nbclient = pytest.importorskip("nbclient", reason="it is run with the extra dev")
pytest.importorskip("ipykernel", reason="it is run with the extra dev")
pytest.importorskip("pandas", reason="it is run with the extra dev")
pytest.importorskip("narwhals", reason="it scores a frame: tonality[frames]")

FOLDER = Path(__file__).parent.parent / "docs" / "notebooks"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook after a run, in a copy of its folder."""
    folder = tmp_path_factory.mktemp("notebook")
    shutil.copy(FOLDER / "feedback.csv", folder)
    notebook = nbformat.read(FOLDER / "own-data.ipynb", as_version=4)
    places = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    with pytest.MonkeyPatch.context() as patch, uncovered():
        # The commands of this environment, on a terminal of a usual width.
        patch.setenv("PATH", os.pathsep.join(places))
        patch.setenv("COLUMNS", "100")
        # Threads that wait for one another spin: beside other tests they take ten times as long.
        patch.setenv("OMP_NUM_THREADS", "1")
        client = nbclient.NotebookClient(
            notebook, timeout=1200, resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
    return notebook


def output(executed: Any, beginning: str) -> str:
    """What the cell that holds some code printed or showed."""
    cell = next(cell for cell in executed.cells if beginning in cell.source)
    shown = [part.get("data", {}) for part in cell.outputs]
    printed = [part.get("text", "") for part in cell.outputs]
    return "".join([*printed, *(text for part in shown for text in part.values())])


def test_no_command_fails(executed: Any) -> None:
    """A shell command that fails does not stop a notebook, so look at what it said."""
    for cell in executed.cells:
        for part in cell.get("outputs", []):
            for line in part.get("text", "").splitlines():
                assert not line.startswith(("tonality: ", "Traceback", "Usage: ", "Error")), line


def test_it_ends_with_a_model_a_report_and_scores(executed: Any) -> None:
    assert "validation accuracy" in output(executed, "!tonality adapt")
    assert "report in" in output(executed, "!tonality evaluate")
    share = output(executed, "report['accuracy']").split()[1]
    assert float(share.rstrip("%")) > 80
    assert '<b class="positive">positive</b>' in output(executed, "kettle!")
    assert '<b class="negative">negative</b>' in output(executed, 'work / "run" / "model"')
    assert '<mark class="against"' in output(executed, "explanation.top")
    assert "kettle" in output(executed, "tonality.score_frame")
    assert "neutral" in output(executed, "!tonality score")
    assert "uncertain          under" in output(executed, "!tonality calibrate")
    assert "for it:" in output(executed, "explanation.top")
    assert "kettle" in output(executed, "!tonality summarise")
    assert "from nothing:" in output(executed, "LSTMClassifier")


def test_it_is_kept_without_outputs() -> None:
    """They would be another machine's, and each run would be a difference."""
    notebook = nbformat.read(FOLDER / "own-data.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.get("outputs") for cell in notebook.cells)
