"""One or several workers that make the same update together."""

from __future__ import annotations

import multiprocessing
import pickle
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from mt.errors import EngineError, MTError, UsageError

WAIT = timedelta(hours=2)
"""How long workers wait for each other: the first one decodes the development set meanwhile."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One of the processes that train.

    Attributes:
        rank: 0 for the one that writes files and talks.
        count: how many there are.
        device: as torch names it.
    """

    rank: int
    count: int
    device: str

    def summed(self, tensors: list[Any]) -> list[Any]:
        """Float32 sums of each tensor over all workers."""
        if self.count == 1:
            return tensors
        import torch

        wide = [tensor.float() for tensor in tensors]
        flat = torch.cat([tensor.reshape(-1) for tensor in wide])
        torch.distributed.all_reduce(flat)
        parts = flat.split([tensor.numel() for tensor in wide])
        return [part.view_as(tensor) for part, tensor in zip(parts, wide, strict=True)]

    def told(self, value: Any) -> Any:
        """The value that the first worker has."""
        if self.count == 1:
            return value
        import torch

        box = [value]
        torch.distributed.broadcast_object_list(box, src=0)
        return box[0]


def find_devices(names: list[str]) -> list[str]:
    """The devices of a recipe, ``auto`` replaced by every GPU, or by the processor where there is none.

    Raises:
        UsageError: a device is not there.
    """
    import torch

    gpus = torch.cuda.device_count()
    if names == ["auto"]:
        return [f"cuda:{i}" for i in range(gpus)] or ["cpu"]
    for name in names:
        kind, _, number = name.partition(":")
        if kind == "cpu" and not number:
            continue
        if kind != "cuda" or not (number or "0").isdigit():
            raise UsageError(f"{name!r} is no device.", "Devices are auto, cpu, cuda:0, cuda:1 ...")
        if int(number or 0) >= gpus:
            raise UsageError(
                f"{name} is not there: this machine has {gpus or 'no'} GPU{'s' * (gpus != 1)}.",
                'Set training.devices = ["auto"], or name one that is.',
            )
    return names


def run_workers(
    devices: list[str], work: Callable[..., Any], arguments: tuple[Any, ...], listener: Any
) -> Any:
    """Call ``work(worker, *arguments, listener)`` once for each device; the first one in this process.

    Args:
        devices: from :func:`find_devices`.
        work: a function of a module.
        arguments: can be pickled where there are several devices.
        listener: goes to the first worker only; the others get None.

    Returns:
        what the first worker returns.

    Raises:
        EngineError: another worker died.
    """
    if len(devices) == 1:
        return work(Worker(0, 1, devices[0]), *arguments, listener)
    with tempfile.TemporaryDirectory(prefix="mt-train-") as temporary:
        meeting = Path(temporary)
        context = multiprocessing.get_context("spawn")
        others = [
            context.Process(target=_other, args=(rank, devices, meeting, work, arguments), daemon=True)
            for rank in range(1, len(devices))
        ]
        for other in others:
            other.start()
        try:
            with _joined(0, devices, meeting) as worker:
                return work(worker, *arguments, listener)
        except RuntimeError as error:
            raise _reason(meeting) or EngineError(
                f"A training worker ended early ({str(error).splitlines()[0]}).",
                "Call the same command again.",
            ) from error
        finally:
            for other in others:
                other.join(timeout=10)
                if other.is_alive():
                    other.terminate()


def _other(
    rank: int, devices: list[str], meeting: Path, work: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    try:
        with _joined(rank, devices, meeting) as worker:
            work(worker, *arguments, None)
    except MTError as error:
        (meeting / f"error-{rank}").write_bytes(pickle.dumps((type(error), error.message, error.hint)))


def _reason(meeting: Path) -> MTError | None:
    """The error that ended another worker, if it told one."""
    for path in sorted(meeting.glob("error-*")):
        kind, message, hint = pickle.loads(path.read_bytes())
        error: MTError = kind.__new__(kind)
        MTError.__init__(error, message, hint)
        return error
    return None


@contextmanager
def _joined(rank: int, devices: list[str], meeting: Path) -> Iterator[Worker]:
    import torch

    device = devices[rank]
    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    torch.distributed.init_process_group(
        "nccl" if all(name.startswith("cuda") for name in devices) else "gloo",
        init_method=f"file://{meeting / 'meeting'}",
        rank=rank,
        world_size=len(devices),
        timeout=WAIT,
    )
    try:
        yield Worker(rank, len(devices), device)
    finally:
        torch.distributed.destroy_process_group()
