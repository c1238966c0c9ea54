"""Where files live on this computer; ``MT_HOME`` puts them all into one folder. Nothing is created here."""

from __future__ import annotations

import os
from pathlib import Path


def data_folder() -> Path:
    """Installed models and the default store."""
    return _place("", "user_data_path")


def cache_folder() -> Path:
    """What can be made again, such as converted models; ``MT_CACHE`` moves it by itself."""
    if cache := os.environ.get("MT_CACHE"):
        return Path(cache)
    return _place("cache", "user_cache_path")


def config_folder() -> Path:
    """The user's own mt.toml."""
    return _place("", "user_config_path")


def _place(name: str, platform_function: str) -> Path:
    if home := os.environ.get("MT_HOME"):
        return Path(home) / name
    import platformdirs

    place: Path = getattr(platformdirs, platform_function)("mt", appauthor=False)
    return place
