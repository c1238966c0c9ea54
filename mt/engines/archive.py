"""Zip files from strangers: nothing is written outside, and nothing is blown up."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from mt.errors import EngineError

_MOST_BYTES = 8 * 1024**3
_MOST_FILES = 1000
_MOST_GROWTH = 100
_SMALL = 10 * 1024**2


def unpack(path: Path, folder: Path, progress: Callable[[int, int], None]) -> Path:
    """Unpack a zip.

    Args:
        path: the zip.
        folder: an existing one to unpack into.
        progress: called with the bytes written and the bytes in all.

    Returns:
        the folder that holds the files: the one in the zip where everything lies in one.

    Raises:
        EngineError: it is no zip, damaged, encrypted, names files outside, or is unreasonably large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check(path, members)
            total = sum(member.file_size for member in members)
            done = 0
            for member in members:
                target = folder / member.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("xb") as stream:
                    shutil.copyfileobj(source, stream, 1024**2)
                done += member.file_size
                progress(done, total)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, FileExistsError) as error:
        raise EngineError(f"{path}: is no readable zip ({error}).", "Fetch it again.") from error
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _check(path: Path, members: list[zipfile.ZipInfo]) -> None:
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        link = stat.S_ISLNK(member.external_attr >> 16)
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0] or link:
            raise EngineError(f"{path}: {member.filename!r} points outside the zip.", "Do not use this file.")
    size = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > _MOST_FILES or size > _MOST_BYTES or size > max(_SMALL, packed * _MOST_GROWTH):
        raise EngineError(
            f"{path}: {len(members)} files of {size:,} bytes in {packed:,}: that is no model.",
            "Do not use this file.",
        )
