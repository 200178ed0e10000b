import asyncio


async def square(n):
    await asyncio.sleep(0.001 * n)
    if n == 3:
        raise ValueError("three is not squared")
    return n * n


async def main():
    print(*await asyncio.gather(square(1), square(2), square(4)))

    results = await asyncio.gather(*(square(n) for n in (2, 3)), return_exceptions=True)
    for result in results:
        print(f"failed: {result}" if isinstance(result, Exception) else result)

    try:
        await asyncio.wait_for(asyncio.sleep(60), timeout=0.005)
    except asyncio.TimeoutError:
        print("too late")

    task = asyncio.create_task(asyncio.sleep(60))
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")

    queue = asyncio.Queue(maxsize=1)

    async def produce():
        for word in ("uno", "due"):
            await queue.put(word)
        await queue.put(None)

    producer = asyncio.create_task(produce())
    while (word := await queue.get()) is not None:
        print(word)
    await producer

    limit = asyncio.Semaphore(2)

    async def limited(n):
        async with limit:
            return await asyncio.to_thread(pow, 2, n)

    print(sum(await asyncio.gather(*(limited(n) for n in range(8)))))


asyncio.run(main())
