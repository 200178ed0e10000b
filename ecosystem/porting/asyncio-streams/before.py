import asyncio


async def handle(reader, writer):
    while line := await reader.readline():
        writer.write(b"ciao " + line)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for name in ("anna", "bruno"):
        writer.write(f"{name}\n".encode())
        await writer.drain()
        print((await reader.readline()).decode().rstrip())
    writer.write_eof()
    print(f"{len(await reader.read())} bytes more")
    writer.close()
    server.close()


asyncio.run(main())
