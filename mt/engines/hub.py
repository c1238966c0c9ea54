"""Models on the Hugging Face Hub: fetched only when a user names one."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from mt.engines.models import sha256_of
from mt.errors import EngineError, MissingExtraError, UsageError

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_NEEDED = ("config.json", "vocab.json", "source.spm", "target.spm")
_WELCOME = ("target_vocab.json", "tokenizer_config.json", "generation_config.json", "README.md", "LICENSE")


def is_hub_name(source: str) -> bool:
    """Whether a text has the form ``owner/model``."""
    return _NAME.fullmatch(source) is not None


def download(name: str, progress: Callable[[int, int], None]) -> Path:
    """Fetch a Marian model into the Hub's own cache and check every file that has a published checksum.

    Args:
        name: ``owner/model``.
        progress: called with the bytes that are there and the bytes in all.

    Returns:
        its folder, in Hugging Face layout.

    Raises:
        MissingExtraError: huggingface_hub is not installed, or the weights are a pickle and torch is missing.
        UsageError: there is no such model.
        EngineError: the Hub cannot be reached, or what came is not what was published.
    """
    try:
        hub: Any = import_module("huggingface_hub")
    except ImportError as error:
        raise MissingExtraError("The Hugging Face Hub", "transformers") from error
    try:
        listed = hub.HfApi().model_info(name, files_metadata=True)
        files = {file.rfilename: file for file in listed.siblings}
        wanted = _wanted(name, files)
        counter = _Counter(sum(files[file].size or 0 for file in wanted), progress)
        paths = [_fetch(hub, name, files[file], counter) for file in wanted]
    except (EngineError, UsageError):
        raise
    except hub.errors.GatedRepoError as error:
        raise EngineError(f"{name} asks for an account on the Hub.", "Log in: hf auth login.") from error
    except hub.errors.RepositoryNotFoundError as error:
        raise UsageError(f"The Hub has no model {name}.", "Check the name; it reads owner/model.") from error
    except Exception as error:
        if not _from_the_network(error):
            raise
        raise EngineError(
            f"The Hugging Face Hub cannot be reached ({_first_line(error)}).",
            "Try again with a connection, or give a downloaded folder or zip: mt models add PATH",
        ) from error
    return paths[0].parent


def cached(name: str) -> Path | None:
    """The folder of a model that was fetched before, without asking the network."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    found = try_to_load_from_cache(name, "config.json")
    return Path(found).parent if isinstance(found, str) else None


def _wanted(name: str, files: dict[str, Any]) -> list[str]:
    """The files to fetch, the small ones first."""
    missing = [file for file in _NEEDED if file not in files]
    weights = next((file for file in _WEIGHTS if file in files), "")
    if missing or not weights:
        raise EngineError(
            f"{name} is no Marian model: it has no {missing[0] if missing else _WEIGHTS[0]}.",
            "Take a MarianMT model, for example Helsinki-NLP/opus-mt-nl-en.",
        )
    if weights == _WEIGHTS[1]:
        try:
            import torch  # noqa: F401
        except ImportError as error:
            raise MissingExtraError(f"{name} has pickled weights and", "transformers") from error
    return [*_NEEDED, *(file for file in _WELCOME if file in files), weights]


def _fetch(hub: Any, name: str, file: Any, counter: _Counter) -> Path:
    path = Path(hub.hf_hub_download(name, file.rfilename, tqdm_class=counter.bar(), etag_timeout=20))
    counter.finished(file.size or 0)
    published = getattr(file.lfs, "sha256", None) if file.lfs else None
    if published and sha256_of(path) != published:
        path.unlink()
        raise EngineError(
            f"{name}: {file.rfilename} is not the file that was published (sha256 differs).", "Try again."
        )
    return path


class _Counter:
    """Adds up the bytes of several downloads."""

    def __init__(self, total: int, progress: Callable[[int, int], None]) -> None:
        self._total = total
        self._progress = progress
        self._before = 0
        self._now = 0

    def advance(self, count: float) -> None:
        self._now += int(count)
        self._progress(min(self._before + self._now, self._total), self._total)

    def finished(self, size: int) -> None:
        self._before += size
        self._now = 0
        self.advance(0)

    def bar(self) -> type:
        """A tqdm class that reports here and shows nothing."""
        counter = self
        tqdm: Any = import_module("tqdm").tqdm

        class Silent(tqdm):  # type: ignore[misc]
            def __init__(self, *args: Any, **options: Any) -> None:
                options.pop("name", None)
                super().__init__(*args, **{**options, "disable": False, "file": io.StringIO()})

            def update(self, n: float | None = 1) -> bool | None:
                counter.advance(n or 0)
                shown: bool | None = super().update(n)
                return shown

        return Silent


def _from_the_network(error: Exception) -> bool:
    """Whether the Hub's client or a library below it failed; those have no common base class."""
    library = type(error).__module__.partition(".")[0]
    return isinstance(error, OSError) or library.startswith(
        ("httpx", "httpcore", "requests", "huggingface_hub")
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__
