"""Slow builds, kept by what they were made from: a change of any input is a new name, never a stale hit."""
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from .places import CACHE


def kept(kind: str, name: str, inputs: list, make) -> Path:
    """The folder with the build of `inputs` (files and strings); `make(folder)` fills it where it is not there yet."""
    digest = hashlib.sha256()
    for piece in inputs:
        data = piece.read_bytes() if isinstance(piece, Path) else str(piece).encode()
        digest.update(f"{len(data)}:".encode() + data)
    place = CACHE / kind / f"{name}-{digest.hexdigest()[:16]}"
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=place.parent))
    try:
        make(folder)
        folder.chmod(0o755)
        try:
            os.rename(folder, place)  # at once whole: a build that is killed leaves no half of it under this name
        except OSError:
            if not place.is_dir():  # else another run was faster, and its build is as good as ours
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return place
