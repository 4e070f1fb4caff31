"""Kill a job of scoring at random moments, go on with it each time; say what became of it.

    python tests/score/kill_scoring.py MODEL KILLS OUT IN...

Prints one JSON object: at how many rows each kill found the job, whether the output is the same to
the byte as that of a run left alone, and what lies in its folder at the end. Windows and parts are
small, so that kills fall on every step.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from tonality.classifier import Classifier, load
from tonality.score import scorer
from tonality.score.files import job
from tonality.score.files.input_files import find_inputs
from tonality.score.files.job import Options, ScoringJob
from tonality.score.files.output_target import output_format, side_file
from tonality.score.files.resumable_output import Output


def run(classifier: Classifier, names: list[str], out: str, *, resume: bool) -> int:
    """Scores; returns how many rows an earlier run had done."""
    inputs = find_inputs(names)
    side = side_file(out, None, inputs)
    assert side is not None
    written, packed = output_format(out, None, "")
    with (
        ScoringJob(classifier, inputs, Options(format=written, packing=packed)) as work,
        Output(Path(out), side, work.build) as output,
    ):
        output.begin(work.description("the small model"), resume=resume, overwrite=False)
        before = 0 if output.mark is None else int(output.mark.summary["rows"])
        work.to_file(output, lambda rows, share: None)
    return before


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def main(model: str, kills: int, out: str, names: list[str]) -> None:
    classifier = load(model)
    folder = Path(out).parent
    begun = time.monotonic()
    run(classifier, names, out, resume=False)
    whole = time.monotonic() - begun
    expected = contents(folder)
    dice, same = random.Random(out), True
    found: list[int] = []
    # On a busy machine all kills may fall before a part is done: then some more are tried.
    while len(found) < kills or (not any(found) and len(found) < 5 * kills):
        if Path(out).exists():  # a run that no kill hit in time
            same = same and contents(folder) == expected
            for path in folder.iterdir():
                path.unlink()
        child = os.fork()
        if not child:
            run(classifier, names, out, resume=True)
            os._exit(0)
        time.sleep(dice.uniform(0, whole / 4))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            lines = journal(folder)
            found.append(lines[-1]["summary"]["rows"] if lines else 0)
    if not Path(out).exists():
        run(classifier, names, out, resume=True)
    same = same and contents(folder) == expected
    print(json.dumps({"found": found, "same": same, "files": sorted(expected)}))


def journal(folder: Path) -> list[dict[str, dict[str, int]]]:
    """The marks in the journal."""
    for path in folder.glob(".*-journal"):
        lines = path.read_bytes().split(b"\n")[1:-1]
        return [json.loads(line) for line in lines]
    return []


if __name__ == "__main__":
    # What a process wrote outlives it without syncing; without, kills hit the renames more often.
    os.fsync = lambda fd: None
    scorer.ROWS, job.PART = 64, 2
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:])
