"""Encoded bitext, and batches of it that depend on nothing but a seed and a position."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mt.errors import UsageError
from mt.train.bitext import Example
from mt.train.recipe import Bitext

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK = 16_384
"""Pairs drawn at a time and sorted by length; more would change the weights of a phase too slowly."""

SPLIT = 0.2
"""Share of the pieces that a random segmentation tries to cut; half of the cuts give no known pieces."""


@dataclass(frozen=True)
class Encoded:
    """Bitext as piece ids, without ``</s>``.

    Attributes:
        source, target: all ids in a row.
        source_offsets, target_offsets: where pair i begins; one more than there are pairs.
        group: index in ``groups`` of each pair.
        groups: names of the groups.
    """

    source: NDArray[np.uint32]
    target: NDArray[np.uint32]
    source_offsets: NDArray[np.int64]
    target_offsets: NDArray[np.int64]
    group: NDArray[np.int32]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.group)

    def lengths(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pieces of each source and of each target, ``</s>`` not counted."""
        import numpy as np

        return np.diff(self.source_offsets), np.diff(self.target_offsets)

    def rows(self, indices: Sequence[int]) -> tuple[list[NDArray[np.uint32]], list[NDArray[np.uint32]]]:
        """The ids of sources and targets."""
        return (
            [self.source[self.source_offsets[i] : self.source_offsets[i + 1]] for i in indices],
            [self.target[self.target_offsets[i] : self.target_offsets[i + 1]] for i in indices],
        )

    def write(self, stream: IO[bytes]) -> None:
        """Write everything as an ``.npz`` file."""
        import numpy as np

        np.savez(stream, source=self.source, target=self.target, source_offsets=self.source_offsets,
                 target_offsets=self.target_offsets, group=self.group, groups=np.array(self.groups))  # fmt: skip

    @staticmethod
    def load(path: Path | IO[bytes]) -> Encoded:
        """Read what :meth:`write` wrote."""
        import numpy as np

        with np.load(path) as file:
            values = {name: file[name] for name in file.files}
        return Encoded(**{**values, "groups": tuple(values["groups"].tolist())})


def variants(examples: Sequence[Example], bitext: Bitext, seed: int) -> Iterator[tuple[Example, bool]]:
    """The examples of one body with what is made of them, and whether their source is segmented at random."""
    draw = random.Random(seed)
    for example in examples:
        yield example, False
        for _ in range(bitext.subwords):
            yield example, True
    for start in range(len(examples)):
        if draw.random() >= bitext.join:
            continue
        run = [examples[start]]
        for example in examples[start + 1 : start + draw.choice((2, 2, 3))]:
            if not example.follows:
                break
            run.append(example)
        if len(run) > 1:
            yield (
                Example(
                    " ".join(e.source for e in run), " ".join(e.target for e in run), f"{run[0].group}+joined"
                ),
                False,
            )


def tag_ids(tag: str, pieces: Any) -> list[int]:
    """The ids of a tag: its own piece where the vocabulary has one, else what it is spelled with.

    Raises:
        UsageError: the vocabulary cannot spell it.
    """
    own: int = pieces.piece_to_id(tag)
    ids: list[int] = [own] if own != pieces.unk_id() else pieces.encode(tag)
    if pieces.unk_id() in ids:
        raise UsageError(
            f"The tag {tag!r} has characters that the vocabulary does not know.", "Take a tag of letters."
        )
    return ids


def encode(
    rows: Sequence[tuple[Example, bool]],
    pieces: Any,
    max_tokens: int,
    seed: int,
    tags: Mapping[str, str] | None = None,
) -> Encoded:
    """Encode examples; those with a side of more pieces than ``max_tokens`` are left out.

    Args:
        rows: examples, and whether the source is segmented at random.
        pieces: SentencePiece processor.
        max_tokens: the longest side in pieces.
        seed: of the random segmentation.
        tags: the tag of each body that has one, by its name.

    Raises:
        UsageError: nothing is left, or a tag cannot be spelled.
    """
    import numpy as np

    draw = random.Random(seed)
    plain = pieces.encode([example.source for example, _ in rows])
    targets = pieces.encode([example.target for example, _ in rows])
    names = {name: i for i, name in enumerate(sorted({example.group for example, _ in rows}))}
    fronts = {name: tag_ids(tag, pieces) for name, tag in (tags or {}).items() if tag}
    kept: tuple[list[Any], list[Any], list[int]] = ([], [], [])
    for (example, sampled), ids, target in zip(rows, plain, targets, strict=True):
        front = fronts.get(body_of(example.group), [])
        source = front + (split_at_random(ids, pieces, draw) if sampled else ids)
        if len(front) < len(source) <= max_tokens and 0 < len(target) <= max_tokens:
            kept[0].append(np.array(source, np.uint32))
            kept[1].append(np.array(target, np.uint32))
            kept[2].append(names[example.group])
    if not kept[2]:
        raise UsageError(
            "No pair is left to train on.", "See the counts above, and the limits in [cleaning]."
        )
    offsets = [np.concatenate([[0], np.cumsum([len(row) for row in side])]) for side in kept[:2]]
    return Encoded(
        np.concatenate(kept[0]), np.concatenate(kept[1]), offsets[0], offsets[1],
        np.array(kept[2], np.int32), tuple(names),
    )  # fmt: skip


def split_at_random(ids: Sequence[int], pieces: Any, draw: random.Random) -> list[int]:
    """Ids with some pieces cut in two known ones, so that a word is met in several spellings.

    It has the purpose of subword regularisation (Kudo 2018) and of BPE-dropout (Provilkov et al. 2020).
    SentencePiece's own sampling cannot be repeated in another process.
    """
    unknown = pieces.unk_id()
    result: list[int] = []
    for i in ids:
        piece = pieces.id_to_piece(i)
        if len(piece) > 2 and not pieces.is_byte(i) and draw.random() < SPLIT:
            cut = draw.randrange(1, len(piece))
            halves = [pieces.piece_to_id(piece[:cut]), pieces.piece_to_id(piece[cut:])]
            result += [i] if unknown in halves else halves
        else:
            result.append(i)
    return result


def body_of(group: str) -> str:
    """The name of the body that a group belongs to."""
    return group.removesuffix("+joined").partition("/")[0]


def group_weights(groups: Sequence[str], bodies: Sequence[Bitext], phase: int) -> list[float]:
    """The weight of each group in a phase.

    Args:
        groups: ``body``, ``body/source`` or either with ``+joined``.
        bodies: the bitext of the recipe, with their names filled in.
        phase: 0 for the first.
    """
    weights = []
    for group in groups:
        name, _, source = group.removesuffix("+joined").partition("/")
        body = next(body for body in bodies if body.name == name)
        chosen = _of_source(body, source)
        weight = chosen[min(phase, len(chosen) - 1)]
        weights.append(weight / (1 + body.subwords) if not group.endswith("+joined") else weight)
    return weights


def _of_source(body: Bitext, source: str) -> list[float]:
    """The weights of the longest name or prefix that fits, else those of the body."""
    fitting = [
        name
        for name in body.weights
        if source and (name == source or (name.endswith("*") and source.startswith(name[:-1])))
    ]
    return body.weights[max(fitting, key=len)] if fitting else body.weight


class Batches:
    """Token batches of pairs of like length, drawn by weight without end.

    Block k is drawn by a generator seeded with (seed, k), so any position is reached without replaying.

    Args:
        data: the bitext.
        weights: of each group.
        batch_tokens: padded pieces of source and target together in a batch.
        seed: of the draw.
    """

    def __init__(self, data: Encoded, batch_tokens: int, seed: int) -> None:
        self._data = data
        self._batch_tokens = batch_tokens
        self._seed = seed
        self._lengths = data.lengths()

    def block(self, number: int, weights: Sequence[float], longest: int) -> list[list[int]]:
        """The batches of one block, in the order in which they are trained on.

        Args:
            number: of the block.
            weights: of each group in this block's phase.
            longest: pairs with a longer side, in pieces, are not drawn.

        Raises:
            UsageError: no pair has a weight above 0 and is short enough.
        """
        import numpy as np

        source, target = self._lengths
        chances = np.asarray(weights, np.float64)[self._data.group]
        chances = chances * ((source <= longest) & (target <= longest))
        drawable = int((chances > 0).sum())
        if not drawable:
            raise UsageError("No pair has a weight above 0.", "See weight and curriculum in the recipe.")
        generator = np.random.default_rng((self._seed, number))
        size = min(BLOCK, drawable)
        order = generator.permutation(len(chances))
        # Systematic sampling: a pair comes as often as its weight says, rounded down or up, never by luck.
        reached = np.cumsum(chances[order])
        points = (generator.random() + np.arange(size)) * (reached[-1] / size)
        drawn = order[np.minimum(np.searchsorted(reached, points, side="right"), len(order) - 1)]
        drawn = drawn[np.lexsort((drawn, source[drawn], target[drawn]))]
        batches = self._cut(drawn.tolist())
        return [batches[i] for i in generator.permutation(len(batches))]

    def _cut(self, indices: Sequence[int]) -> list[list[int]]:
        source, target = self._lengths
        batches: list[list[int]] = []
        current: list[int] = []
        widest = (0, 0)
        for i in indices:
            wider = (max(widest[0], int(source[i]) + 1), max(widest[1], int(target[i]) + 1))
            if current and sum(wider) * (len(current) + 1) > self._batch_tokens:
                batches.append(current)
                current, wider = [], (int(source[i]) + 1, int(target[i]) + 1)
            current.append(i)
            widest = wider
        return [*batches, current]
