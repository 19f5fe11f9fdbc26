"""Parts of a long work on other machines, by Ray: the one file that imports it (extra ``gradmatch[ray]``).

A part is a task. A task whose process or machine is lost is done again elsewhere; a process begins the work once and
does many parts. What comes back lies in Ray's object store until it is written down, only a few parts a core.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from types import ModuleType
from typing import Any
from uuid import uuid4

from matching.errors import ClusterError
from matching.parts import AHEAD, Spread, Work, done_once_begun

LOCAL = "local"
"""The address that starts Ray on this machine, for as long as the work takes."""

_LOSSES = 10
"""How often a part may be lost with its process or machine."""
_PATIENCE = 5.0
"""Seconds in which a cluster must answer."""
_OBJECTS = 256 * 2**20
"""Bytes of the object store of a Ray of our own: a part is about one megabyte."""


def on_ray(address: str = LOCAL, *, processes: int = 0) -> Spread:
    """Tasks on a Ray cluster, a core each; what they give is what `matching.parts.here` gives.

    Parameters
    ----------
    address : str
        ``"local"``, ``"auto"`` (the cluster that this machine belongs to) or ``"host:port"``. A process that is
        connected to Ray already stays connected, whatever the address.
    processes : int
        ``"local"``: how many; 0: as many as there are cores.

    Raises
    ------
    ClusterError
        By what it gives: Ray is not installed, the cluster cannot be reached, runs another version of gradmatch, or
        a part was lost too often.
    """

    def spread(work: Work, parts: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        if parts:
            with _connected(address, processes) as ray:
                yield from _done(ray, work, parts)

    return spread


@contextmanager
def _connected(address: str, processes: int) -> Iterator[ModuleType]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    try:
        import ray
    except ImportError:
        raise ClusterError("Ray is not installed", where="gradmatch[ray]", cure="Install that extra.") from None
    if ray.is_initialized():
        yield ray
        return
    own: dict[str, Any] = {"address": address}
    if address == LOCAL:
        cores = processes or os.cpu_count() or 1
        own = {"address": LOCAL, "num_cpus": cores, "object_store_memory": _OBJECTS, "include_dashboard": False}
    try:
        _knock(address)
        ray.init(**own, log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        what = (str(error).splitlines() or [type(error).__name__])[0]
        cure = "Start it with `ray start` on each machine, or name `local`."
        raise ClusterError(f"no Ray cluster answers: {what}", where=address, cure=cure) from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError where nobody listens at ``"host:port"``: Ray itself would go on asking for many minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()


def _done(ray: ModuleType, work: Work, parts: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    task = ray.remote(num_cpus=1, max_retries=_LOSSES)(_do)
    given = (uuid4().hex, version("gradmatch"), [ray.put(work)])  # in a list, it is fetched once a process only
    waiting: dict[Any, int] = {}
    for part in parts:
        if len(waiting) >= AHEAD * max(int(ray.cluster_resources().get("CPU", 1)), 1):
            yield from _ended(ray, waiting)
        waiting[task.remote(*given, part)] = part
    while waiting:
        yield from _ended(ray, waiting)


def _ended(ray: ModuleType, waiting: dict[Any, int]) -> Iterator[tuple[int, bytes]]:
    for ref in ray.wait(list(waiting), num_returns=1)[0]:
        part = waiting.pop(ref)
        try:
            yield part, ray.get(ref)
        except ray.exceptions.RayTaskError as error:  # an error of ours, on another machine
            raise error.cause from None
        except ray.exceptions.RayError as error:
            raise ClusterError(
                f"part {part} was lost with its process or machine ({type(error).__name__}), {_LOSSES + 1} times",
                where="Ray",
                cure="Look at the machines' memory and Ray's logs; run again to go on.",
            ) from None


def _do(token: str, ours: str, held: list[Any], part: int) -> bytes:
    """Done on a machine of the cluster."""
    import ray

    own = version("gradmatch")
    if own != ours:
        raise ClusterError(
            f"this machine has gradmatch {own}, the run was begun by {ours}",
            where=ray.util.get_node_ip_address(),
            cure="Install the same version, with the same constraints, on every machine.",
        )
    work: Any = held[0]
    return done_once_begun(token, lambda: ray.get(work), part)
