"""Cancels a task at each of its awaits in turn: before what it waits for has begun, or just when it is done."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import suppress
from typing import Any, Literal

When = Literal["early", "late", "twice"]


class CancelledAt:
    """Awaits an operation and cancels the task at its step `at`; `reached` says whether that came to be.

    Early, the cancellation meets the await before the event loop runs again; late, what was awaited has happened and
    only the news of it is lost; twice, what cleans up after the first is cancelled as well.
    """

    def __init__(self, operation: Awaitable[Any], at: int, when: When) -> None:
        self.operation, self.at, self.when = operation, at, when
        self.reached = False

    def __await__(self) -> Generator[Any, Any, Any]:
        task = asyncio.current_task()
        assert task is not None
        running = self.operation.__await__()
        step, send, value = 0, running.send, None
        while True:
            try:
                awaited = send(value)
            except StopIteration as done:
                return done.value
            if step == self.at or (self.when == "twice" and step == self.at + 1):
                if self.when != "late" or awaited is None:
                    self._cancel(task)
                else:
                    # Runs before the task's own callback, which is added when this is yielded.
                    awaited.add_done_callback(lambda _: self._cancel(task))
            step += 1
            try:
                value = yield awaited
                send = running.send
            except BaseException as error:  # noqa: BLE001 - a cancellation is what this is about
                value = error
                send = running.throw

    def _cancel(self, task: asyncio.Task[Any]) -> None:
        self.reached = True
        task.cancel()


async def each_step(
    operation: Callable[[], Awaitable[Any]], when: When, before: Callable[[], Awaitable[None]]
) -> AsyncIterator[tuple[int, bool]]:
    """Runs the operation until it ends without having reached the step; yields each step and whether it succeeded.

    `before` runs ahead of each try, uncancelled.
    """
    at, reached = 0, True
    while reached:
        await before()
        harness = CancelledAt(operation(), at, when)

        async def run(harness: CancelledAt = harness) -> None:
            await harness

        task = asyncio.create_task(run())
        with suppress(asyncio.CancelledError):
            await task
        reached = harness.reached
        yield at, not task.cancelled()
        at += 1
