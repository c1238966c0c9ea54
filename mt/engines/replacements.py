"""What reviewers always write otherwise: replacements that lie in a model's folder and are made in all it writes.

``replacements.json`` is a list for people to read and to edit. ``" two"`` is a word, its space marks that it begins
one; ``"%"`` is joined to what stands before it; ``#`` stands for a number: ``" # percent"`` becomes ``" #%"``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mt.errors import EngineError

FILE = "replacements.json"
LONGEST = 3
"""Tokens of a replaced text; more than one only around a number."""

_NUMBER = r"\d+(?:[.,:]\d+)*"
_TOKEN = re.compile(rf"(\s*)({_NUMBER}|[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\w\s]|_)")
_IS_NUMBER = re.compile(_NUMBER)
_WILD = "#"


@dataclass(frozen=True, slots=True)
class Replacement:
    """One text that another takes the place of.

    Attributes:
        old, new: see the module.
        documents: in which reviewers did so.
        times: how often.
    """

    old: str
    new: str
    documents: int = 0
    times: int = 0


class Replacements:
    """The replacements of one model.

    Args:
        items: of two with the same old text the later one counts.
    """

    def __init__(self, items: Iterable[Replacement] = ()) -> None:
        self.items = list({item.old: item for item in items}.values())
        self._new = {tuple(tokens(item.old, begins=False)): item.new for item in self.items}

    def __bool__(self) -> bool:
        return bool(self.items)

    @classmethod
    def read(cls, folder: Path) -> Replacements:
        """Those of a model's folder; none where the file is absent.

        Raises:
            EngineError: the file is damaged.
        """
        path = folder / FILE
        if not path.is_file():
            return cls()
        try:
            return cls(Replacement(**row) for row in json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise EngineError(
                f"{path}: cannot be read as replacements ({error}).",
                'It is a list of {"old": " two", "new": " 2"}; correct or delete it.',
            ) from error

    def write(self, folder: Path) -> None:
        """Write them into a model's folder."""
        rows = ",\n ".join(json.dumps(asdict(item), ensure_ascii=False) for item in self.items)
        (folder / FILE).write_text(f"[{rows}]\n", encoding="utf-8")

    def followed_by(self, later: Replacements) -> Replacements:
        """The replacements that do what these and then the later ones do."""
        changed = [replace(item, new=later.apply(item.new, begins=False)) for item in self.items]
        mine = {item.old for item in changed}
        return Replacements([*changed, *(item for item in later.items if item.old not in mine)])

    def apply(self, text: str, begins: bool = True) -> str:
        """The text with every replacement made, the longest first, none within another; all else stays as it is.

        Args:
            text: a segment.
            begins: whether its first token begins a word although no space stands before it.
        """
        if not self._new:
            return text
        parts = list(_TOKEN.finditer(text))
        names = _names(parts, begins)
        written: list[str] = []
        position = i = 0
        while i < len(parts):
            length, new = self._longest(names, i)
            if not length:
                i += 1
                continue
            start = parts[i]
            spaced = names[i].startswith(" ") and new.startswith(" ")
            written += [text[position : start.start()], start[1] + new[1:] if spaced else new]
            position = parts[i + length - 1].end()
            i += length
        return "".join([*written, text[position:]])

    def _longest(self, names: Sequence[str], at: int) -> tuple[int, str]:
        """Tokens of the longest text with a replacement that begins at a place, and the replacement."""
        for length in range(min(LONGEST, len(names) - at), 0, -1):
            key = gram(names[at : at + length])
            if key is None or key not in self._new:
                continue
            number = next((name.strip() for name in names[at : at + length] if _is_number(name)), _WILD)
            new = self._new[key]
            return length, new.replace(_WILD, number) if length > 1 else new
        return 0, ""


def tokens(text: str, begins: bool = True) -> list[str]:
    """Words, numbers and signs of a text; one that begins a word has a space in front.

    Args:
        text: a segment.
        begins: whether the first one does so although no space stands before it.
    """
    return _names(list(_TOKEN.finditer(text)), begins)


def grams(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every token, and every two or three tokens around one number, the number as ``#``."""
    for length in range(1, LONGEST + 1):
        for start in range(len(names) - length + 1):
            found = gram(names[start : start + length])
            if found is not None:
                yield found


def gram(names: Sequence[str]) -> tuple[str, ...] | None:
    """Tokens as they are looked up, their number as ``#``; None where several tokens have not one number."""
    if len(names) == 1:
        return tuple(names)
    if sum(map(_is_number, names)) != 1 or any(name.strip() == _WILD for name in names):
        return None
    return tuple(_IS_NUMBER.sub(_WILD, name) for name in names)


def _names(parts: Sequence[re.Match[str]], begins: bool) -> list[str]:
    return [(" " if part[1] or (begins and not i) else "") + part[2] for i, part in enumerate(parts)]


def _is_number(name: str) -> bool:
    return _IS_NUMBER.fullmatch(name.strip()) is not None
