from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.tcpclient import TCPClient
from tornado.tcpserver import TCPServer


class Greeter(TCPServer):
    async def handle_stream(self, stream, address):
        try:
            while True:
                name = await stream.read_until(b"\n")
                await stream.write(b"ciao " + name)
        except StreamClosedError:
            print("a client has gone")
            IOLoop.current().add_callback(IOLoop.current().stop)


async def main(port):
    stream = await TCPClient().connect("127.0.0.1", port)
    for name in ("anna", "bruno"):
        await stream.write(f"{name}\n".encode())
        print((await stream.read_until(b"\n")).decode().rstrip())
    stream.close()


server = Greeter()
server.listen(0, "127.0.0.1")
port = list(server._sockets.values())[0].getsockname()[1]
IOLoop.current().add_callback(main, port)
IOLoop.current().start()
server.stop()
