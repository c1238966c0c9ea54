"""The training loop: deterministic, restartable at any update, watched on a development set."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from mt.data import MetricScore
from mt.errors import EngineError
from mt.evaluate import score
from mt.train.adapters import Adapters
from mt.train.checkpoint import Checkpoints, Position, UnwrittenError, told
from mt.train.dataset import Batches, Encoded, group_weights
from mt.train.export import load_weights, save_weights, translations, write_model
from mt.train.journal import Journal, plot, read_journal
from mt.train.memory import keep_freed_memory
from mt.train.model import load_model, loss_of, new_model, padded, set_attention, start_from_token_table
from mt.train.optimizer import Learner, rate_factor
from mt.train.parallel import Worker
from mt.train.recipe import Bitext, Recipe
from mt.train.tokenizer import END, open_pieces

JOURNAL_EVERY = 10
"""Updates between two entries of the journal."""

METRICS = ("bleu", "chrf2++")


class Listener(Protocol):
    """What a run tells while it goes on."""

    def progress(self, done: float, loss: float, tokens_per_second: float, seconds_left: float) -> None:
        """After every update: share done, loss per target piece in nats, speed and time left."""
        ...

    def note(self, text: str) -> None:
        """One line for people."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a run keeps its files.

    Attributes:
        path: of the run.
    """

    path: Path

    @property
    def data(self) -> Path:
        """Encoded bitext."""
        return self.path / "data.npz"

    @property
    def pieces(self) -> Path:
        """SentencePiece model."""
        return self.path / "pieces.spm"

    @property
    def journal(self) -> Path:
        """Metrics, one JSON object a line."""
        return self.path / "metrics.jsonl"

    @property
    def page(self) -> Path:
        """Metrics as curves."""
        return self.path / "metrics.html"

    @property
    def best(self) -> Path:
        """The weights with the best chrF2++ so far."""
        return self.path / "best.safetensors"

    @property
    def model(self) -> Path:
        """The finished model in Hugging Face layout."""
        return self.path / "model"

    def snapshot(self, update: int) -> Path:
        """The weights after an update."""
        return self.path / f"snapshot-{update:09d}.safetensors"


class Trainer:
    """One run on one worker.

    Args:
        worker: which one this is.
        recipe: what to do.
        bodies: the bitext of the recipe with names filled in.
        folder: of the run, with the encoded bitext and the pieces.
        development: pairs to validate on.
        listener: hears of progress; None for a worker that keeps silent.
    """

    def __init__(
        self,
        worker: Worker,
        recipe: Recipe,
        bodies: Sequence[Bitext],
        folder: Folder,
        development: Sequence[tuple[str, str]],
        listener: Listener | None,
    ) -> None:
        self.worker, self.recipe, self.folder, self._listener = worker, recipe, folder, listener
        self._development = development
        self._bodies = bodies
        keep_freed_memory()
        if recipe.training.threads:
            torch.set_num_threads(recipe.training.threads)
        torch.manual_seed(recipe.training.seed)
        self._data = Encoded.load(folder.data)
        self._batches = Batches(self._data, recipe.training.batch_tokens, recipe.training.seed)
        self.model = build_model(recipe, folder.pieces)
        self._adapters = (
            Adapters(self.model, recipe.model.adapter_rank) if recipe.model.adapter_rank else None
        )
        self.model.to(worker.device).train()
        set_attention(self.model, worker.device)
        self.learner = Learner(self.model, recipe.training)
        self.checkpoints = Checkpoints(folder.path / "checkpoints")
        self.position = Position()
        self._block: list[list[int]] = []
        self._block_number = -1
        self._since = (0, 0.0, 0.0)

    def run(self) -> Position:
        """Train from the newest checkpoint to the end of the schedule.

        Raises:
            EngineError: the loss is no number any more, or a file cannot be written; the message names the
                last good checkpoint.
        """
        self._resume()
        try:
            self._loop()
        except (OSError, UnwrittenError) as error:
            what = (
                error.message
                if isinstance(error, UnwrittenError)
                else f"{self.folder.path}: {error.strerror}."
            )
            raise EngineError(
                f"{what} Training stopped at update {self.position.update}. {told(self.checkpoints.newest())}",
                "Free space on the disk; the same command goes on from there.",
            ) from error
        return self.position

    def _loop(self) -> None:
        """Updates to the end of the schedule, or until a look says stop."""
        journal = Journal(self.folder.journal, self.position.update) if self.worker.rank == 0 else None
        self._since = (self.position.update, 0.0, 0.0)
        while not self.position.stopped and self._done() < 1:
            started = time.perf_counter()
            loss, tokens = self._update()
            seconds = time.perf_counter() - started
            self.position.seconds = self.worker.told(self.position.seconds + seconds)
            self._tell(journal, loss, tokens, seconds)
            self._keep(journal)

    def _resume(self) -> None:
        newest = self.checkpoints.newest()
        while newest is not None:
            try:
                state, self.position = self.checkpoints.load(newest)
                self.learner.restore(state)
                self._note(f"Going on from {newest}.")
                return
            except EngineError as error:
                self._note(str(error))
                if self.worker.rank == 0:
                    newest.rename(newest.with_suffix(".damaged"))
                newest = self.checkpoints.newest()

    def _done(self) -> float:
        """Share of the schedule that is done."""
        training = self.recipe.training
        if training.updates:
            return self.position.update / training.updates
        return self.position.seconds / 3600 / training.hours

    def _next_batch(self) -> list[int]:
        """This worker's next batch; all workers move on together."""
        position = self.position
        count = self.worker.count
        if self._block_number != position.block:
            self._load_block()
        while position.batch + count > len(self._block):
            position.block += 1
            position.batch = 0
            position.block_progress = self._done()
            self._load_block()
        chosen = self._block[position.batch + self.worker.rank]
        position.batch += count
        return chosen

    def _load_block(self) -> None:
        training, progress = self.recipe.training, self.position.block_progress
        phase = sum(progress >= share for share in training.phases)
        weights = group_weights(self._data.groups, self._bodies, phase)
        longest = next((int(tokens) for share, tokens in training.curriculum if progress < share), 1 << 30)
        batches = self._batches.block(self.position.block, weights, longest)
        # With fewer batches than workers a block would never end; small bitext is repeated.
        self._block = batches * -(-self.worker.count // len(batches))
        self._block_number = self.position.block

    def _update(self) -> tuple[float, int]:
        """One update; returns the loss per target piece and the number of pieces, over all workers."""
        training = self.recipe.training
        factor = rate_factor(self._done(), training.warmup)
        chosen = self._next_batch()
        sources, targets = self._data.rows(chosen)
        config = self.model.config
        source = padded(sources, config.eos_token_id, config.pad_token_id).to(self.worker.device)
        target = padded(targets, config.eos_token_id, config.pad_token_id).to(self.worker.device)
        # Seeded for each update, so that a resumed run drops out the same units as an uninterrupted one.
        torch.manual_seed(training.seed * 1_000_003 + self.position.update * 97 + self.worker.rank)
        sums = loss_of(self.model, source, target, training.label_smoothing)
        own = torch.stack([sums[0].detach(), sums[1].detach(), (target != config.pad_token_id).sum().float()])
        total, plain, tokens = self.worker.summed([own])[0].tolist()
        if not math.isfinite(total):
            raise self._broken("loss")
        (sums[0] / tokens).backward()
        norm = self.learner.step(self.worker.summed(self.learner.gradients()), factor)
        if not math.isfinite(norm):
            raise self._broken("gradient")
        self.position.update += 1
        self.position.tokens += int(tokens)
        return plain / tokens, int(tokens)

    def _broken(self, what: str) -> EngineError:
        return EngineError(
            f"The {what} is no finite number after update {self.position.update}. "
            f"{told(self.checkpoints.newest())}",
            "Lower training.rate and training.matrix_rate, or set training.precision to float32.",
        )

    def _tell(self, journal: Journal | None, loss: float, tokens: int, seconds: float) -> None:
        if journal is None:
            return
        update, summed_tokens, summed_seconds = self._since
        self._since = (update, summed_tokens + tokens, summed_seconds + seconds)
        speed = self._since[1] / self._since[2] if self._since[2] else 0.0
        done = self._done()
        spent = self.position.seconds
        left = spent / done - spent if done else 0.0
        if self._listener is not None:
            self._listener.progress(min(done, 1.0), loss, speed, left)
        if self.position.update % JOURNAL_EVERY == 0 or done >= 1:
            journal.add(
                update=self.position.update,
                loss=round(loss, 6),
                tokens=self.position.tokens,
                tokens_per_second=round(tokens / seconds, 1) if seconds else 0.0,
                hours=round(spent / 3600, 5),
            )

    def _keep(self, journal: Journal | None) -> None:
        """Look at the development set and write a checkpoint, where it is time."""
        validation, update, over = self.recipe.validation, self.position.update, self._done() >= 1
        looked = update % validation.every == 0 or over
        kept = looked or update % validation.checkpoint_every == 0
        # The newest update can have broken the weights without breaking the loss that it was made from.
        if kept and not self.learner.finite():
            raise self._broken("sum of the weights")
        if looked:
            self._look(journal)
        if self.worker.rank == 0 and kept:
            self.checkpoints.save(self.learner.state(), self.position)

    def _look(self, journal: Journal | None) -> None:
        """Translate the development set; keep the weights for averaging, and where they are the best."""
        position, validation = self.position, self.recipe.validation
        if self.worker.rank == 0:
            weights = self._weights()
            save_weights(self.folder.snapshot(position.update), weights)
            position.snapshots.append(position.update)
            for old in position.snapshots[: -validation.average]:
                self.folder.snapshot(old).unlink(missing_ok=True)
            position.snapshots = position.snapshots[-validation.average :]
            scores = self.validate(weights)
            value = scores[-1].value
            if value > position.best:
                position.best, position.best_update, position.looks_since_best = value, position.update, 0
                save_weights(self.folder.best, weights)
            else:
                position.looks_since_best += 1
            if validation.patience and position.looks_since_best >= validation.patience:
                position.stopped = (
                    f"chrF2++ did not rise for {validation.patience} looks; the best was {position.best:.2f} "
                    f"at update {position.best_update}"
                )
            self._write_look(journal, scores)
        position.stopped = self.worker.told(position.stopped)

    def _weights(self) -> dict[str, Any]:
        """The weights of the whole model, adapters merged."""
        weights = self.learner.weights
        return self._adapters.merged(weights) if self._adapters else weights

    def _write_look(self, journal: Journal | None, scores: Sequence[MetricScore]) -> None:
        if journal is None:
            return
        values = {s.metric: round(s.value, 3) for s in scores}
        journal.add(update=self.position.update, **values)
        self.folder.page.write_text(
            plot(read_journal(self.folder.journal), f"Training of {self.recipe.name}"), encoding="utf-8"
        )
        told_scores = ", ".join(f"{name} {value:.2f}" for name, value in values.items())
        self._note(f"Update {self.position.update}: {told_scores} on the development set.")

    def validate(self, weights: dict[str, Any]) -> list[MetricScore]:
        """BLEU and chrF2++ of weights on the development set."""
        folder = self.folder.path / "candidate"
        langs = (self.recipe.source_lang, self.recipe.target_lang)
        write_model(folder, self.model, weights, self.folder.pieces, langs)
        hypotheses = translations(
            folder,
            [source for source, _ in self._development],
            self.recipe.validation.beam_size,
            self.recipe.training.threads,
        )
        return score(hypotheses, [[target for _, target in self._development]], METRICS)

    def choose(self) -> tuple[str, dict[str, Any], list[MetricScore]]:
        """The weights to keep: the best look or the average of the newest, whichever scores higher.

        Returns:
            what they are in words, the weights, and their scores on the development set.
        """
        from mt.train.export import averaged

        position = self.position
        chosen = (f"update {position.best_update}", load_weights(self.folder.best))
        scores = self.validate(chosen[1])
        snapshots = [path for path in map(self.folder.snapshot, position.snapshots) if path.is_file()]
        if len(snapshots) > 1:
            mean = averaged(snapshots)
            mean_scores = self.validate(mean)
            if mean_scores[-1].value > scores[-1].value:
                return f"average of updates {', '.join(map(str, position.snapshots))}", mean, mean_scores
        return chosen[0], chosen[1], scores

    def _note(self, text: str) -> None:
        if self._listener is not None:
            self._listener.note(text)


def build_model(recipe: Recipe, pieces_path: Path) -> Any:
    """The model with its start values: of a given model, of the token table, or random."""
    architecture = recipe.model
    if architecture.start is not None:
        model = load_model(architecture.start, architecture.dropout)
    else:
        pieces = open_pieces(pieces_path)
        model = new_model(architecture, pieces.get_piece_size(), pieces.piece_to_id(END))
        if architecture.token_table:
            start_from_token_table(model, pieces, recipe.training.seed)
    for side in (model.model.encoder, model.model.decoder):
        side.embed_positions.requires_grad_(False)
    return model
