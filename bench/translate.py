"""`mt translate` beside bare CTranslate2 and transformers: speed, cold start, peak memory, BLEU; one run, one machine.

usage: python bench/translate.py [--corpus corpora] [--sentences 2000] [--rounds 3] [--flores FOLDER]

Every measurement is a process of its own, with byte code that was compiled before, as an installed package has it.
FOLDER holds source.nl and reference.en, one segment a line.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]

BARE = """
import sys, ctranslate2, sentencepiece
model, source, target, threads, batch = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
pieces = sentencepiece.SentencePieceProcessor(model_file=model + "/source.spm")
translator = ctranslate2.Translator(model, compute_type="int8", inter_threads=threads, intra_threads=1)
lines = open(source, encoding="utf-8").read().splitlines()
results = translator.translate_batch(
    [tokens + ["</s>"] for tokens in pieces.encode(lines, out_type=str)],
    beam_size=4, max_batch_size=batch, batch_type="tokens", max_decoding_length=512)
with open(target, "w", encoding="utf-8") as out:
    out.writelines(pieces.decode(result.hypotheses[0]) + "\\n" for result in results)
"""

TRANSFORMERS = """
import sys, torch
from transformers import MarianMTModel, MarianTokenizer
model, source, target = sys.argv[1:4]
tokenizer = MarianTokenizer.from_pretrained(model)
net = MarianMTModel.from_pretrained(model, dtype=torch.float32).eval()
lines = open(source, encoding="utf-8").read().splitlines()
order = sorted(range(len(lines)), key=lambda i: len(lines[i]))
written = [""] * len(lines)
with torch.inference_mode():
    for start in range(0, len(order), 32):
        part = order[start:start + 32]
        batch = tokenizer([lines[i] for i in part], return_tensors="pt", padding=True)
        for i, text in zip(part, tokenizer.batch_decode(net.generate(**batch, num_beams=4, max_length=512),
                           skip_special_tokens=True)):
            written[i] = text
open(target, "w", encoding="utf-8").write("\\n".join(written) + "\\n")
"""


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak resident MB of a process that must succeed."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        complaint = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)[:200]} failed:\n{complaint.decode()}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def surroundings(home: Path) -> dict[str, str]:
    """The environment of every measured process: a home of its own, and byte code that is kept in it."""
    environment = {**os.environ, "MT_HOME": str(home), "PYTHONPYCACHEPREFIX": str(home / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def converted_starter(home: Path) -> Path:
    """The folder of the starter model as CTranslate2 reads it, made by `mt` itself."""
    run([sys.executable, "-m", "mt", "translate", "--lines", "--quiet", os.devnull], surroundings(home))
    [folder] = {path.parent for path in home.rglob("model.bin")}
    return folder


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=ROOT / "corpora")
    parser.add_argument("--sentences", type=int, default=2000)
    parser.add_argument(
        "--reference-sentences",
        type=int,
        default=200,
        help="for transformers, which is slow; 0 leaves it out",
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--starts", type=int, default=20, help="cold starts of each kind")
    parser.add_argument("--flores", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.flores:
            quality(options.flores, folder)
        speed(options, folder)


def quality(flores: Path, folder: Path) -> None:
    """BLEU and chrF2++ of the shipped model with their signatures."""
    import sacrebleu

    source = flores / "source.nl"
    command = [sys.executable, "-m", "mt", "translate", "--lines", "--quiet", str(source), "-o"]
    run([*command, str(folder / "flores.en")], surroundings(folder / "home"))
    written = (folder / "flores.en").read_text(encoding="utf-8").splitlines()
    reference = (flores / "reference.en").read_text(encoding="utf-8").splitlines()
    bleu, chrf = sacrebleu.BLEU(), sacrebleu.CHRF(word_order=2)
    print(bleu.corpus_score(written, [reference]).format(width=2), bleu.get_signature())
    print(chrf.corpus_score(written, [reference]).format(width=2), chrf.get_signature())


def speed(options: argparse.Namespace, folder: Path) -> None:
    """Throughput, cold start and memory, medians over the rounds, the contenders in turn within each."""
    files = sorted((options.corpus / "test").glob("*.tsv")) + sorted((options.corpus / "dev").glob("*.tsv"))
    lines = [
        line.split("\t")[0] for f in files for line in f.read_text(encoding="utf-8").splitlines() if line
    ]
    texts = {}
    for label, count in (("all", options.sentences), ("few", options.reference_sentences), ("one", 1)):
        texts[label] = folder / f"{label}.txt"
        texts[label].write_text("\n\n".join(lines[:count]) + "\n", encoding="utf-8")
        (folder / f"{label}.lines").write_text("\n".join(lines[:count]) + "\n", encoding="utf-8")
    environment = surroundings(folder / "home")
    model = str(converted_starter(folder / "home"))
    starter = str(ROOT / "mt" / "engines" / "data" / "starter-nl-en")
    cores, out = str(os.cpu_count()), str(folder / "out")
    bare = [sys.executable, "-c", BARE, model]

    def mt(label: str, round_: int) -> list[str]:
        store = str(folder / f"{label}-{round_}.db")
        return [
            sys.executable,
            "-m",
            "mt",
            "translate",
            str(texts[label]),
            "-o",
            out,
            "--store",
            store,
            "--quiet",
        ]

    contenders: dict[str, Callable[[int], list[str]]] = {}
    for tokens in ("1024", "2048"):
        command = [*bare, str(folder / "all.lines"), out, cores, tokens]
        contenders[f"bare CTranslate2, batches of {tokens} tokens"] = lambda _, command=command: command
    contenders["mt translate"] = lambda round_: mt("all", round_)
    contenders["mt translate, no rescue"] = lambda round_: [*mt("all", round_ + 100), "--no-rescue"]
    measured: dict[str, list[tuple[float, float, float]]] = {}
    for round_ in range(options.rounds):
        for label, command_of in contenders.items():
            measured.setdefault(label, []).append(run(command_of(round_), environment))
    few = [sys.executable, "-c", TRANSFORMERS, starter, str(folder / "few.lines"), out]
    if options.reference_sentences:
        measured["transformers"] = [run(few, environment)]
    one = [*bare, str(folder / "one.lines"), out, cores, "2048"]
    for round_ in range(options.starts):
        measured.setdefault("cold: bare CTranslate2", []).append(run(one, environment))
        measured.setdefault("cold: mt translate", []).append(run(mt("one", round_), environment))
        helped = [sys.executable, "-m", "mt", "--help"]
        measured.setdefault("cold: mt --help", []).append(run(helped, environment))
    print(f"\n{'':42s} {'seconds':>9s} {'cpu s':>9s} {'sentences/s':>12s} {'peak MB':>8s}")
    for label, values in measured.items():
        seconds, processor, memory = (statistics.median(column) for column in zip(*values, strict=True))
        count = {"transformers": options.reference_sentences}.get(label, options.sentences)
        rate = "" if label.startswith("cold") else f"{count / seconds:.1f}"
        print(f"{label:42s} {seconds:9.3f} {processor:9.3f} {rate:>12s} {memory:8.0f}")


if __name__ == "__main__":
    main()
