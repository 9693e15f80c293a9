"""What runs beside requests ends with its block, also where the word to end was lost."""

import asyncio

import pytest

from db.beside import beside


async def test_beside_cannot_outlive_its_block_by_losing_a_cancellation() -> None:
    lost = 0

    async def work() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if lost == 2:
                    raise
                lost += 1

    async with asyncio.timeout(60):
        async with beside(work()):
            await asyncio.sleep(0)
    assert lost == 2


async def test_beside_cannot_hide_an_error() -> None:
    async def work() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        async with beside(work()):
            await asyncio.sleep(0)
