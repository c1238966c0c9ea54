"""Runs in the environment in which COMET is installed: JSON lines in, one JSON line with all scores out.

The first line of stdin names the model; each other one is ``{"src": ..., "mt": ..., "ref": ...}``.
"""

import json
import sys
from importlib import import_module


def answer(**fields: object) -> None:
    sys.stdout.write("\n" + json.dumps(fields) + "\n")
    sys.stdout.flush()


def main() -> None:
    lines = [json.loads(line) for line in sys.stdin.buffer.read().decode("utf-8").split("\n") if line]
    asked, pairs = lines[0], lines[1:]
    try:
        comet = import_module("comet")
    except ImportError as error:
        answer(error="missing", detail=str(error))
        return
    try:
        path = asked["model"]
        if not path.endswith(".ckpt"):
            path = comet.download_model(path)
        model = comet.load_from_checkpoint(path)
    except Exception as error:
        answer(error="weights", detail=f"{type(error).__name__}: {error}")
        return
    predicted = model.predict(pairs, batch_size=asked["batch_size"], gpus=asked["gpus"], progress_bar=False)
    answer(
        scores=[float(score) for score in predicted.scores], version=getattr(comet, "__version__", "unknown")
    )


main()
