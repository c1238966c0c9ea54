"""Models that are stored in Hugging Face layout, converted once and kept where things can be made again."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mt.engines.models import METADATA, Model, checksum_of, resolve, weights_file, write_metadata
from mt.engines.replacements import FILE as REPLACEMENTS
from mt.engines.storage import building, locked
from mt.errors import EngineError
from mt.places import cache_folder

_LAYOUT = 2
"""Of what the conversion writes; a new number makes every cached model new."""


def converted(model: Model, quantization: str = "int8") -> Model:
    """The same model in CTranslate2 layout, made at the first call and found at the next ones.

    Two processes may call this at once; where the cache cannot be written a temporary folder takes its place.

    Args:
        model: in Hugging Face layout.
        quantization: see :func:`mt.engines.convert.convert`.

    Raises:
        EngineError: the model cannot be read.
    """
    name = f"{model.name}-{quantization}-{_fingerprint(model)}"
    roots = [cache_folder() / "models", *_temporary_root()]
    for root in roots:
        if (root / name / METADATA).is_file():
            return resolve(root / name)
    problem: OSError | None = None
    for root in roots:
        try:
            root.mkdir(parents=True, exist_ok=True)
            with locked(root / f".{name}.lock"):
                if not (root / name / METADATA).is_file():
                    _convert(model, root / name, quantization)
            with suppress(OSError):
                (root / f".{name}.lock").unlink()
            return resolve(root / name)
        except OSError as error:
            problem = error
    raise EngineError(
        f"{roots[0]}: the converted model cannot be written ({problem}).",
        "Set MT_CACHE to a folder with space.",
    )


def _temporary_root() -> Iterator[Path]:
    """A folder of this user among the temporary ones; one that somebody else put there is left alone."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    root = Path(tempfile.gettempdir()) / f"mt-models-{user}"
    with suppress(OSError):
        root.mkdir(mode=0o700, exist_ok=True)
        if not hasattr(os, "getuid") or root.lstat().st_uid == user:
            yield root


def _convert(model: Model, final: Path, quantization: str) -> None:
    from mt.engines.convert import convert

    with building(final) as folder:
        convert(model.path, folder, quantization)
        checksum = model.sha256 or checksum_of(model.path)
        write_metadata(
            folder,
            model._replace(
                kind="ctranslate2", quantization=quantization, sha256=checksum, origin=str(model.path)
            ),
        )


def _fingerprint(model: Model) -> str:
    """Changes with the weights' place, size or time: cheap to know, where reading them all is not."""
    paths = [weights_file(model.path), model.path / REPLACEMENTS]
    states = [(path.resolve(), path.stat()) for path in paths if path.is_file()]
    told = ":".join(f"{path}:{state.st_size}:{state.st_mtime_ns}" for path, state in states)
    return hashlib.sha256(f"{_LAYOUT}:{told}".encode()).hexdigest()[:12]
