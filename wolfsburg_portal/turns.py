"""Which of the waiting requests gets the next free thread of the web server: one network after the other.

In the order of arrival, somebody who sends a thousand requests at once would be answered a thousand times before the
next person. Nor may one network hold all threads: some always stay for the others.
"""

from collections import Counter, OrderedDict, deque
from contextlib import AbstractContextManager
from typing import Any, Protocol

from waitress.task import ThreadedTaskDispatcher


class Task(Protocol):
    """What waits for a thread: a connection with a whole request."""

    def service(self) -> None:
        """Answer it."""

    def cancel(self) -> None:
        """Give it up."""

    def caller(self) -> tuple[str, ...]:
        """The networks it comes from, the widest first."""

    def costs_much(self) -> bool:
        """Whether answering it keeps a processor busy for long."""


class Line:
    """Waiting tasks of one network, handed out one smaller network in it after the other.

    Whoever has a wide network has thousands of small ones in it, and no more turns than a household beside it.
    """

    def __init__(self) -> None:
        self._tasks: deque[Task] = deque()
        self._parts: OrderedDict[str, Line] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._tasks or self._parts)

    def add(self, task: Task, networks: tuple[str, ...]) -> None:
        """Let it wait; ``networks`` are those within this one, the widest first."""
        if networks:
            self._parts.setdefault(networks[0], Line()).add(task, networks[1:])
        else:
            self._tasks.append(task)

    def take(self) -> Task:
        """The oldest task of the smaller network whose turn it is."""
        if self._tasks:
            return self._tasks.popleft()
        network, part = self._parts.popitem(last=False)
        task = part.take()
        if part:
            self._parts[network] = part
        return task

    def drop(self, task: Task, networks: tuple[str, ...]) -> bool:
        """Take out a task that still waits; False when it does not."""
        if not networks:
            if task not in self._tasks:
                return False
            self._tasks.remove(task)
            return True
        part = self._parts.get(networks[0])
        if part is None or not part.drop(task, networks[1:]):
            return False
        if not part:
            del self._parts[networks[0]]
        return True


class Running:
    """What runs in all queues together. The last threads are for networks of which nothing does.

    Or two attackers would have them all, each its share.
    """

    def __init__(self, threads: int, lock: AbstractContextManager[Any]) -> None:
        self.threads, self.lock = threads, lock
        self.by_network: Counter[str] = Counter()

    def may_have_one(self, network: str) -> bool:
        """Whether a network may have a thread, as far as the others are concerned."""
        few = self.threads - self.by_network.total() <= self.threads // 6
        return not (few and self.by_network[network])


class FairQueue:
    """Waiting tasks, handed out one network after the other: ``most`` at a time, of one network at most ``share``.

    Used like a deque by whoever holds the lock.
    """

    def __init__(self, share: int, most: int, everywhere: "Running") -> None:
        self._share, self._most, self._everywhere = share, most, everywhere
        # By the widest network.
        self._waiting: dict[str, Line] = {}
        self._running: Counter[str] = Counter()
        # Networks that have something waiting and may have more running, in the order of their turns.
        self._turns: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        """How many networks could go on at once; 0 when nothing may be handed out."""
        if self._running.total() >= self._most:
            return 0
        return sum(map(self._may_have_one, self._turns))

    def append(self, task: Task) -> None:
        """Let it wait for its turn."""
        network, *within = task.caller()
        self._waiting.setdefault(network, Line()).add(task, tuple(within))
        self._line_up(network)

    def popleft(self) -> "Turn":
        """The oldest task of the network whose turn it is."""
        network = next(filter(self._may_have_one, self._turns))
        del self._turns[network]
        task = self._waiting[network].take()
        if not self._waiting[network]:
            del self._waiting[network]
        self._running[network] += 1
        self._everywhere.by_network[network] += 1
        self._line_up(network)
        return Turn(self, network, task)

    def drop(self, task: Task) -> bool:
        """Take out a task that still waits; False when it does not."""
        network, *within = task.caller()
        if network not in self._waiting or not self._waiting[network].drop(task, tuple(within)):
            return False
        if not self._waiting[network]:
            del self._waiting[network]
            self._turns.pop(network, None)
        return True

    def over(self, network: str) -> None:
        """One of its tasks has ended; takes the lock."""
        with self._everywhere.lock:
            for running in (self._running, self._everywhere.by_network):
                running[network] -= 1
                if not running[network]:
                    del running[network]
            self._line_up(network)

    def _may_have_one(self, network: str) -> bool:
        """Whether a network may have a thread now: here, too, the last is for those of which nothing runs."""
        kept = max(self._most // 6, 1 if self._most > 2 else 0)
        last = self._most - self._running.total() <= kept
        return not (last and self._running[network]) and self._everywhere.may_have_one(network)

    def _line_up(self, network: str) -> None:
        if network in self._waiting and self._running[network] < self._share:
            self._turns.setdefault(network)


class Turn:
    """A task that has got a thread; its network may have another one when it is over."""

    def __init__(self, queue: FairQueue, network: str, task: Task) -> None:
        self._queue, self._network, self._task = queue, network, task

    def service(self) -> None:
        """Answer it."""
        try:
            self._task.service()
        finally:
            self._queue.over(self._network)

    def cancel(self) -> None:
        """Give it up."""
        self._task.cancel()


class Turns:
    """Two queues: what costs much waits in one of its own, so that it never holds the threads of everything else.

    A password is hashed for half a second: as many people as there are threads, signing in at once, would be enough.
    """

    def __init__(self, threads: int, lock: AbstractContextManager[Any]) -> None:
        few = max(1, threads // 3)
        running = Running(threads, lock)
        self._usual = FairQueue(max(1, threads * 2 // 3), threads, running)
        self._costly = FairQueue(max(1, few // 2), few, running)
        self._last = self._costly

    def __len__(self) -> int:
        return len(self._usual) + len(self._costly)

    def append(self, task: Task) -> None:
        """Let it wait for its turn."""
        self._of(task).append(task)

    def popleft(self) -> Turn:
        """The next task, of either queue in turn."""
        other = self._usual if self._last is self._costly else self._costly
        self._last = other if len(other) else self._last
        return self._last.popleft()

    def drop(self, task: Task) -> bool:
        """Take out a task that still waits; False when it does not."""
        return self._of(task).drop(task)

    def _of(self, task: Task) -> FairQueue:
        return self._costly if task.costs_much() else self._usual


class FairDispatcher(ThreadedTaskDispatcher):
    """waitress' threads, shared fairly: a third of them at most for what costs much, two thirds for one network."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.queue = Turns(threads, self.lock)
        self.set_thread_count(threads)

    def forget(self, task: Task) -> bool:
        """Take out a task that has not got a thread yet; False when it has, or never came."""
        with self.lock:
            return self.queue.drop(task)
