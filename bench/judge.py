"""How well scores tell right pairs from spoilt ones, how calibrated they are, how often checks cry wolf, how fast.

usage: python bench/judge.py auc NOISE.tsv [--model NAME] [--cache FILE] [--foreign FILE.de FILE.fr]
                                [--diagram docs/benchmarks/quality.svg]
       python bench/judge.py alarms [--corpus corpora/dev] [--show CHECK]
       python bench/judge.py speed [--corpus corpora/dev] [--pairs 600] [--rounds 3]

NOISE.tsv has the columns type, label (1 real, 0 spoilt), segment, source and target, and a heading. The table
gives the area under the ROC curve of real pairs against each type, for the score from each set of signals. With
files of sentences in other languages, their endings naming them, real pairs whose target is such a sentence, or a Dutch
one, are more types.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections import Counter
from pathlib import Path

import numpy as np
from fit_quality import Cache, measured

from mt.align import load_encoder
from mt.data import Severity
from mt.engines import load
from mt.evaluate import roc_auc
from mt.pipeline.judge import PairJudge
from mt.quality import Signals, check, score
from mt.quality.fitting import reliability
from mt.quality.scorer import shipped

REAL_SHARE = 0.6
"""Share of real pairs in the mix on which calibration is measured."""

SUBSETS = {
    "checks": {"log_probs": None, "cosine": None},
    "checks+engine": {"cosine": None},
    "checks+encoder": {"log_probs": None},
    "checks+engine+encoder": {},
}


def read_pairs(folder: Path) -> list[tuple[str, str]]:
    """The pairs of every TSV file in a folder."""
    lines = [line for path in sorted(folder.glob("*.tsv")) for line in path.read_text("utf-8").splitlines()]
    return [tuple(line.split("\t")) for line in lines if line.count("\t") == 1]


def signals_of(pairs: list[tuple[str, str]], model: str, cache: Path | None) -> list[Signals]:
    """The signals of every pair, from the cache where it has them."""
    engine = load(model=model)
    level = PairJudge(engine).level
    return [one._replace(level=level) for one in measured(pairs, engine, Cache(cache))]


FOREIGN_PAIRS = 250
"""Pairs of each foreign language."""


def wrong_language(
    real: list[tuple[str, str]], foreign: list[Path], seed: int = 7
) -> list[tuple[str, tuple[str, str]]]:
    """Real pairs whose target is a sentence of about its length in another language: Dutch, and that of each file.

    Args:
        real: pairs that are right.
        foreign: files with one sentence a line, the ending naming the language.
        seed: of the choice.
    """
    dice = random.Random(seed)
    texts = {"nl": [source for source, _ in real]}
    for path in foreign:
        lines = path.read_text(encoding="utf-8").splitlines()
        texts[path.suffix[1:]] = [line for line in lines if len(line.split()) >= 4]
    found = []
    for lang, sentences in texts.items():
        for source, target in dice.sample(real, FOREIGN_PAIRS):
            some = [text for text in dice.sample(sentences, 20) if text != source]
            found.append((f"target in {lang}", (source, min(some, key=lambda t: abs(len(t) - len(target))))))
    return found


def areas(options: argparse.Namespace) -> None:
    """The table of areas, and calibration on a mix of real and spoilt pairs."""
    rows = [line.split("\t") for line in options.noise.read_text("utf-8").splitlines()[1:]]
    types, pairs = [row[0] for row in rows], [(row[3], row[4]) for row in rows]
    right = [pair for name, pair in zip(types, pairs, strict=True) if name == "real"]
    for name, pair in wrong_language(right, options.foreign) if options.foreign else ():
        types.append(name)
        pairs.append(pair)
    signals = signals_of(pairs, options.model, options.cache)
    real = np.array([name == "real" for name in types])
    names = [name for name in dict.fromkeys(types) if name != "real"]
    weight = np.where(real, REAL_SHARE / real.sum(), 0.0)
    for name in names:
        inside = np.array([kind == name for kind in types])
        weight[inside] = (1 - REAL_SHARE) / len(names) / inside.sum()
    found, curves = {}, {}
    for kind, without in SUBSETS.items():
        values = np.array([s.value for s in score(pairs, [one._replace(**without) for one in signals])])
        found[kind] = {
            name: roc_auc(real[chosen], values[chosen])
            for name in names
            if (chosen := real | np.array([k == name for k in types])).any()
        }
        curves[kind] = reliability(values, real.astype(float), weight)
    print("| type | pairs | " + " | ".join(SUBSETS) + " |")
    print("|---|---:|" + "---:|" * len(SUBSETS))
    for name in names:
        print(
            f"| {name} | {types.count(name)} | " + " | ".join(f"{found[k][name]:.3f}" for k in SUBSETS) + " |"
        )
    macro = {kind: statistics.mean(found[kind].values()) for kind in SUBSETS}
    print("| macro mean | | " + " | ".join(f"{macro[kind]:.3f}" for kind in SUBSETS) + " |")
    print("| calibration error | | " + " | ".join(f"{curves[kind]['error']:.3f}" for kind in SUBSETS) + " |")
    if options.diagram:
        held_out = shipped().provenance["reliability"]["checks+engine+encoder"]
        options.diagram.write_text(
            diagram(
                {"unseen articles of the corpus": held_out, "NOISE.tsv": curves["checks+engine+encoder"]}
            ),
            encoding="utf-8",
        )


COLOURS = ("#1b6ca8", "#c2571a")


def diagram(curves: dict[str, dict]) -> str:
    """A reliability diagram as SVG: mean score against share of real pairs, the area of a dot its weight."""
    size, margin = 360, 50

    def x(value: float) -> float:
        return round(margin + value * size, 1)

    def y(value: float) -> float:
        return round(margin + (1 - value) * size, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 2 * margin} {size + 2 * margin + 30}"'
        ' font-family="sans-serif" font-size="12">',
        "<title>Reliability diagram: score against share of right pairs</title>",
        f'<rect width="100%" height="100%" fill="white"/><path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#999"'
        ' stroke-dasharray="4 4"/>',
    ]
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(f'<path d="M{x(tick)} {y(0)}V{y(1)}M{x(0)} {y(tick)}H{x(1)}" stroke="#e5e5e5"/>')
        parts.append(f'<text x="{x(tick)}" y="{y(0) + 16}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{x(0) - 8}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    for number, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[number]
        line = " ".join(f"{x(mean)},{y(share)}" for mean, share, _ in curve["bins"])
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for mean, share, mass in curve["bins"]:
            radius = round(2 + 14 * mass**0.5, 1)
            parts.append(
                f'<circle cx="{x(mean)}" cy="{y(share)}" r="{radius}" fill="{colour}" fill-opacity=".35"/>'
            )
        label = f"{name}: expected calibration error {curve['error']:.3f}"
        parts.append(f'<text x="{margin}" y="{margin - 28 + 16 * number}" fill="{colour}">{label}</text>')
    parts.append(f'<text x="{x(0.5)}" y="{y(0) + 36}" text-anchor="middle">mean score</text>')
    parts.append(
        f'<text transform="translate(14 {y(0.5)}) rotate(-90)" text-anchor="middle">share of right pairs</text>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def alarms(options: argparse.Namespace) -> None:
    """Findings in pairs that are right."""
    pairs = read_pairs(options.corpus)
    found = [check(*pair) for pair in pairs]
    worst = {
        severity: sum(any(f.severity is severity for f in findings) for findings in found)
        for severity in Severity
    }
    print(f"{len(pairs)} pairs of {options.corpus}")
    for severity, count in worst.items():
        print(f"with a finding of severity {severity.value}: {count} ({100 * count / len(pairs):.2f}%)")
    for (name, severity), count in sorted(
        Counter((f.check, f.severity.value) for findings in found for f in findings).items()
    ):
        print(f"  {name} {severity}: {count}")
    for pair, findings in zip(pairs, found, strict=True):
        for finding in findings:
            if finding.check == options.show:
                print(f"{finding.severity.value}\t{finding.message}\t{pair[0]}\t{pair[1]}")


def speed(options: argparse.Namespace) -> None:
    """Pairs a second of the checks and cheap measures, and with everything."""
    pairs = read_pairs(options.corpus)
    judge = PairJudge(load(model="starter-nl-en"), load_encoder())
    check(*pairs[0])
    score(pairs[:1])
    some = pairs[: options.pairs]
    judge.judge(some[:64])
    tasks = {
        "checks": (pairs, lambda: [check(*pair) for pair in pairs]),
        "checks and cheap measures, scored": (pairs, lambda: score(pairs)),
        "everything": (some, lambda: judge.judge(some)),
    }
    for name, (batch, task) in tasks.items():
        wall, cpu = [], []
        for _ in range(options.rounds):
            start, used = time.perf_counter(), time.process_time()
            task()
            wall.append(time.perf_counter() - start)
            cpu.append(time.process_time() - used)
        print(
            f"{name}: {len(batch) / statistics.median(wall):.0f} pairs/s,"
            f" {len(batch) / statistics.median(cpu):.0f} pairs per second of one core"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("auc")
    command.add_argument("noise", type=Path)
    command.add_argument("--model", default="starter-nl-en")
    command.add_argument("--cache", type=Path)
    command.add_argument("--foreign", type=Path, nargs="*", default=[])
    command.add_argument("--diagram", type=Path)
    command.set_defaults(run=areas)
    command = commands.add_parser("alarms")
    command.add_argument("--corpus", type=Path, default=Path("corpora/dev"))
    command.add_argument("--show", default="")
    command.set_defaults(run=alarms)
    command = commands.add_parser("speed")
    command.add_argument("--corpus", type=Path, default=Path("corpora/dev"))
    command.add_argument("--pairs", type=int, default=600)
    command.add_argument("--rounds", type=int, default=3)
    command.set_defaults(run=speed)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
