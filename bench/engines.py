"""Speed, memory and BLEU of every way to decode a test set, each in a process of its own, in one run.

    python bench/engines.py FOLDER... [--bitext BITEXT] [--limit 997] [--rounds 3] [--tune] [--bleu]

FOLDER holds source.nl and reference.en, one segment a line, or TSV files of pairs. Speed is measured on the first
one, BLEU on all. BITEXT (source TAB target) adds the rows with a lexical shortlist. The rows take turns in every round
and the median counts, so that other work on the machine meets all. --tune compares beams, length penalties and batches
instead; --bleu measures BLEU alone, which other work on the machine does not change, and --only some of the rows.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from mt.pipeline.bench_worker import peak_memory
from mt.train.bitext import read_pairs

THREADS = 2
BASELINE = "CTranslate2 by itself: its defaults (beam 2, weights as trained)"


def tuning() -> dict[str, dict[str, Any]]:
    """What the defaults of decoding are chosen from."""
    rows: dict[str, dict[str, Any]] = {BASELINE: {"kind": "bare"}}
    for beam in (1, 2, 3, 4, 6, 8):
        rows[f"mt, int8, beam {beam}"] = {"beam_size": beam}
    for penalty in (0.6, 0.8, 1.2, 1.4):
        rows[f"mt, int8, beam 4, length penalty {penalty}"] = {"beam_size": 4, "length_penalty": penalty}
    for tokens in (512, 1024, 4096, 8192):
        rows[f"mt, int8, beam 4, batches of {tokens} tokens"] = {"beam_size": 4, "batch_tokens": tokens}
    return rows


def settings(shortlist: bool) -> dict[str, dict[str, Any]]:
    """Every row of the table by name; a number type that the processor lacks has none."""
    import ctranslate2

    supported = ctranslate2.get_supported_compute_types("cpu")
    rows: dict[str, dict[str, Any]] = {
        BASELINE: {"kind": "bare"},
        "CTranslate2 by itself: best settings (int8, beam 4, 2 replicas, batches)": {
            "kind": "bare",
            "best": True,
        },
    }
    for name in ("float32", "bfloat16", "int8_bfloat16"):
        if name in supported:
            rows[f"mt, {name}, beam 4"] = {"compute_type": name, "beam_size": 4}
    rows["mt, int8, beam 4, 1 replica on 2 threads"] = {"beam_size": 4, "replicas": 1}
    rows |= {f"mt, int8, beam {beam}": {"beam_size": beam} for beam in (1, 2, 4)}
    if shortlist:
        rows |= {
            f"mt, int8, beam {beam}, shortlist": {"beam_size": beam, "folder": "shortlist"}
            for beam in (1, 2, 4)
        }
    rows["transformers by itself, float32, beam 4, batches of 32"] = {"kind": "transformers"}
    return rows


def prepared(folder: Path, bitext: Path | None) -> dict[str, str]:
    """The starter in every stored form that a row needs."""
    from mt.engines.cache import converted
    from mt.engines.models import METADATA, starter

    folders = {
        "float32": str(converted(starter(), "float32").path),
        "int8": str(converted(starter(), "int8").path),
    }
    if bitext:
        from mt.engines.shortlist import build

        target = Path(shutil.copytree(folders["int8"], folder / "shortlist"))
        start = perf_counter()
        build(target, bitext)
        print(f"shortlist built in {perf_counter() - start:.0f} s")
        metadata = json.loads((target / METADATA).read_text()) | {"shortlist": True}
        (target / METADATA).write_text(json.dumps(metadata))
        folders["shortlist"] = str(target)
    return folders


def bare(row: dict[str, Any], folders: dict[str, str]) -> Callable[[list[str]], list[str]]:
    """CTranslate2 and sentencepiece without us."""
    import ctranslate2
    import sentencepiece

    best = row.get("best", False)
    folder = folders["int8" if best else "float32"]
    pieces = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/source.spm")
    if best:
        translator = ctranslate2.Translator(folder, inter_threads=THREADS, intra_threads=1)
        options = {"beam_size": 4, "max_batch_size": 1024, "batch_type": "tokens"}
    else:
        translator, options = ctranslate2.Translator(folder), {}

    def translate(sources: list[str]) -> list[str]:
        tokens = [[*row, "</s>"] for row in pieces.encode(sources, out_type=str)]
        return [
            pieces.decode(result.hypotheses[0]) for result in translator.translate_batch(tokens, **options)
        ]

    return translate


def ours(row: dict[str, Any], folders: dict[str, str]) -> Callable[[list[str]], list[str]]:
    """The engine as `mt translate` uses it."""
    import ctranslate2

    from mt.engines import DecodeOptions, load

    compute_type = row.get("compute_type", "int8")
    stored = "int8" if compute_type.startswith("int8") else "float32"
    engine = load(folders[row.get("folder", stored)], "ctranslate2", compute_type, THREADS)
    if "replicas" in row:
        engine._translator = ctranslate2.Translator(  # type: ignore[attr-defined]
            folders[stored], inter_threads=row["replicas"], intra_threads=THREADS // row["replicas"]
        )
    chosen = ("beam_size", "length_penalty", "batch_tokens")
    options = DecodeOptions(**{name: row[name] for name in chosen if name in row})
    return lambda sources: [hypotheses[0].text for hypotheses in engine.translate(sources, options)]


def transformers(row: dict[str, Any], folders: dict[str, str]) -> Callable[[list[str]], list[str]]:
    """MarianMTModel.generate as its documentation shows it."""
    del row, folders
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    from mt.engines.models import STARTER

    torch.set_num_threads(THREADS)
    tokenizer = MarianTokenizer.from_pretrained(str(STARTER))
    model = MarianMTModel.from_pretrained(str(STARTER), dtype=torch.float32).eval()

    def translate(sources: list[str]) -> list[str]:
        texts = []
        for start in range(0, len(sources), 32):
            batch = tokenizer(sources[start : start + 32], return_tensors="pt", padding=True)
            with torch.inference_mode():
                written = model.generate(**batch, num_beams=4, max_length=256)
            texts += tokenizer.batch_decode(written, skip_special_tokens=True)
        return texts

    return translate


def pairs_of(folder: Path) -> list[tuple[str, str]]:
    """The segments of a test set with their references."""
    if (folder / "source.nl").is_file():
        return read_pairs(folder / "source.nl", folder / "reference.en")
    return read_pairs(folder)


def work(row: dict[str, Any], folders: dict[str, str], files: list[str]) -> None:
    """One row in this process: translations of all files and what the first one costs, as JSON on stdout."""
    first, *others = (Path(file).read_text(encoding="utf-8").splitlines() for file in files)
    open_row = {"bare": bare, "transformers": transformers}.get(row.get("kind", ""), ours)
    translate = open_row(row, folders)
    translate(first[:2])
    wall, processor = perf_counter(), process_time()
    texts = [translate(first)]
    cost = {"wall": perf_counter() - wall, "cpu": process_time() - processor, "peak": peak_memory() / 2**20}
    texts += [translate(sources) for sources in others]
    print(json.dumps({"texts": texts, **cost}))


def measure(row: dict[str, Any], folders: dict[str, str], files: list[str]) -> dict[str, Any]:
    """Run one row in a fresh process."""
    command = [sys.executable, __file__, "--row", json.dumps([row, folders, files]), "-"]
    environment = {**os.environ, "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gold", type=Path, nargs="+")
    parser.add_argument("--bitext", type=Path)
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--bleu", action="store_true", help="BLEU only, in one round")
    parser.add_argument("--only", action="append", help="rows whose name holds this, and the baseline")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.row:
        work(*json.loads(arguments.row))
        return
    sets = {folder.name: pairs_of(folder)[: arguments.limit] for folder in arguments.gold}
    with tempfile.TemporaryDirectory() as scratch:
        files = [str(Path(scratch) / f"{number}.txt") for number in range(len(sets))]
        for file, pairs in zip(files, sets.values(), strict=True):
            Path(file).write_text("".join(f"{text}\n" for text, _ in pairs), encoding="utf-8")
        folders = prepared(Path(scratch), arguments.bitext)
        known = tuning() if arguments.tune else settings(bool(arguments.bitext))
        only = arguments.only or [""]
        rows = {name: row for name, row in known.items() if name == BASELINE or any(o in name for o in only)}
        results: dict[str, list[dict[str, Any]]] = {name: [] for name in rows}
        for _ in range(1 if arguments.bleu else arguments.rounds):
            for name, row in rows.items():
                results[name].append(measure(row, folders, files))
                print(f"# {name}: {results[name][-1]['wall']:.1f} s", file=sys.stderr)
    report(results, sets, arguments.bleu)


def report(
    results: dict[str, list[dict[str, Any]]], sets: dict[str, list[tuple[str, str]]], bleu_only: bool
) -> None:
    """The table in Markdown."""
    from sacrebleu.metrics import BLEU

    words = [sum(len(source.split()) for source, _ in pairs) for pairs in sets.values()]
    references = [[[target for _, target in pairs]] for pairs in sets.values()]
    metric = BLEU()
    base = {key: median(run[key] for run in results[BASELINE]) for key in ("wall", "cpu")}
    costs = [] if bleu_only else ["words/s", "words/CPU s", "times the default (CPU)", "peak MB"]
    columns = ["decoding", *costs, *(f"BLEU {name}" for name in sets)]
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    for name, runs in results.items():
        wall, cpu, peak = (median(run[key] for run in runs) for key in ("wall", "cpu", "peak"))
        times = f"{base['wall'] / wall:.2f} ({base['cpu'] / cpu:.2f})"
        cost = [] if bleu_only else [f"{words[0] / wall:.0f}", f"{words[0] / cpu:.0f}", times, f"{peak:.0f}"]
        scores = (metric.corpus_score(*both).score for both in zip(runs[0]["texts"], references, strict=True))
        print(f"| {' | '.join([name, *cost, *(f'{score:.2f}' for score in scores)])} |")
    told = ", ".join(
        f"{name} {len(pairs)} segments, {count} source words"
        for (name, pairs), count in zip(sets.items(), words, strict=True)
    )
    print(f"\n{told}; {metric.get_signature()}")


if __name__ == "__main__":
    main()
