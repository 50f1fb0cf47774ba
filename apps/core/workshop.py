"""Child processes in which the files of strangers are opened, so that no file can hold up or bring down the portal.

Each web process keeps two of them warm. A child may use so much memory, processor time and time on the clock; it works
at the lowest priority, so that pages come first, and is replaced after some files. What breaks a limit ends its child
and nothing else. Few may wait: whoever uploads when all places are taken is asked to try again, since every waiting
upload holds a thread that would otherwise answer pages.
"""

import atexit
import multiprocessing
import os
import resource
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as TooLong
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from pebble import ProcessExpired, ProcessPool

AT_ONCE = 2
PLACES = 6
PLACES_PER_OWNER = 3
MEMORY_BYTES = 1024 * 1024 * 1024
PROCESSOR_SECONDS = 4
# On a busy machine a child gets little time at its priority; a hostile file is stopped by the limit above.
CLOCK_SECONDS = 25
FILES_PER_CHILD = 40
NICE = 19


class LimitBroken(Exception):
    """The work took more memory or time than it may."""


class Busy(Exception):
    """All places are taken; it makes sense to try again in a moment."""


_places = threading.BoundedSemaphore(PLACES)
_lock = threading.Lock()
_owners: Counter[str] = Counter()
# By process: what a forked process inherits of another's is of no use to it.
_pools: dict[int, ProcessPool] = {}


@contextmanager
def place(owner: str = "") -> Iterator[None]:
    """Hold one of the few places while a file is checked. Raises Busy when all are taken.

    Of one ``owner`` (the widest network of the caller) only some are taken at the same time, so that nobody can take all places.
    """
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        with _lock:
            if owner and _owners[owner] >= PLACES_PER_OWNER:
                raise Busy
            _owners[owner] += 1
        try:
            yield
        finally:
            with _lock:
                _owners[owner] -= 1
                if not _owners[owner]:
                    del _owners[owner]
    finally:
        _places.release()


def timed[T](work: Callable[..., T], *args: Any, **options: Any) -> tuple[T, float]:
    """Do ``work`` in a child; returns its result and the seconds of the processor it took. Raises LimitBroken.

    Whoever does it for a stranger holds a ``place``.
    """
    try:
        try:
            return _done(work, args, options)
        except BrokenProcessPool:
            # A child was ended from outside while it waited: the others are replaced with it.
            return _done(work, args, options)
    except (ProcessExpired, TooLong, MemoryError, CancelledError, BrokenProcessPool) as error:
        raise LimitBroken from error


def _done[T](work: Callable[..., T], args: tuple[Any, ...], options: dict[str, Any]) -> tuple[T, float]:
    pool = _children()
    future = pool.schedule(_within_limits, args=[work, args, options], timeout=CLOCK_SECONDS)
    try:
        # Those before it in the queue, and it.
        result: tuple[T, float] = future.result(timeout=CLOCK_SECONDS * (PLACES // AT_ONCE) + 5)
    except TooLong:
        if not future.done():
            # Nobody has stopped it: the pool itself hangs, and is replaced.
            pool.stop()  # type: ignore[no-untyped-call]  # the library has no types
            with _lock:
                _pools.pop(os.getpid(), None)
        raise
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
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent() -> None:
    """A web process that is killed says goodbye to nobody; its children would wait for it for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _within_limits(work: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, float]:
    """In the child, for each file: so many more seconds of the processor, then the kernel ends it."""
    before = _used()
    until = int(before) + 1 + PROCESSOR_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
    try:
        return work(*args, **options), _used() - before
    finally:
        # Ended while it hands over its result, the child would leave the others' queue locked.
        resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
