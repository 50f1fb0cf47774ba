"""Child processes in which the files of strangers are opened, so that no file can hold up or bring down the portal.

Each web process keeps two of them warm. A child may use so much memory, processor time and time on the clock; it works
at the lowest priority, so that pages come first, and is replaced after some files. What breaks a limit ends its child
and nothing else. Few may wait: whoever uploads when all places are taken is asked to try again, since every waiting
upload holds a thread that would otherwise answer pages.
"""

import atexit
import ctypes
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as TooLong
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from pebble import ProcessExpired, ProcessPool

AT_ONCE = 2
PLACES = 6
MEMORY_BYTES = 1024 * 1024 * 1024
PROCESSOR_SECONDS = 4
# On a busy machine a child gets little time at its priority; a hostile file is stopped by the limit above.
CLOCK_SECONDS = 25
FILES_PER_CHILD = 40
NICE = 19
_PR_SET_PDEATHSIG = 1


class LimitBroken(Exception):
    """The work took more memory or time than it may."""


class Busy(Exception):
    """All places are taken; it makes sense to try again in a moment."""


_places = threading.BoundedSemaphore(PLACES)
_lock = threading.Lock()
# By process: what a forked process inherits of another's is of no use to it.
_pools: dict[int, ProcessPool] = {}


def run[T](work: Callable[..., T], *args: Any, **options: Any) -> T:
    """Do ``work`` in a child and return its result. Raises LimitBroken and Busy."""
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        try:
            return _done(work, args, options)
        except BrokenProcessPool:
            # A child was ended from outside while it waited: the others are replaced with it.
            return _done(work, args, options)
    except (ProcessExpired, TooLong, MemoryError, CancelledError, BrokenProcessPool) as error:
        raise LimitBroken from error
    finally:
        _places.release()


def _done[T](work: Callable[..., T], args: tuple[Any, ...], options: dict[str, Any]) -> T:
    future = _children().schedule(_within_limits, args=[work, args, options], timeout=CLOCK_SECONDS)
    result: T = future.result()
    return result


def warm_up() -> None:
    """Start the children before somebody waits for one."""
    pool = _children()
    for _ in range(AT_ONCE):
        pool.schedule(os.getpid)


def _children() -> ProcessPool:
    with _lock:
        pool = _pools.get(os.getpid())
        if pool is None or not pool.active:
            context = multiprocessing.get_context("forkserver")
            # Imported once, by the process that the children are forked from; it has nothing of the portal in it.
            context.set_forkserver_preload(["apps.core.cleaning"])
            pool = ProcessPool(
                max_workers=AT_ONCE, max_tasks=FILES_PER_CHILD, initializer=_prepare, initargs=[MEMORY_BYTES],
                context=context,
            )  # fmt: skip
            _pools[os.getpid()] = pool
            atexit.register(pool.stop)
        return pool


def _prepare(memory: int) -> None:
    """In the child, once: least priority, a limit of memory, and an end with whoever has started it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _within_limits(work: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """In the child, for each file: so many more seconds of the processor, then the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + 1 + PROCESSOR_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
    return work(*args, **options)
