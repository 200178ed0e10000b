import asyncio


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data.upper())

    def eof_received(self):
        self.transport.write(b" and goodbye")


class Client(asyncio.Protocol):
    def __init__(self, lost):
        self.lost, self.data = lost, b""

    def connection_made(self, transport):
        print("connected")
        transport.write(b"ciao")
        transport.write_eof()

    def data_received(self, data):
        self.data += data

    def connection_lost(self, error):
        self.lost.set_result(self.data.decode())


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    lost = loop.create_future()
    await loop.create_connection(lambda: Client(lost), "127.0.0.1", port)
    print(await lost)
    server.close()


asyncio.run(main())
