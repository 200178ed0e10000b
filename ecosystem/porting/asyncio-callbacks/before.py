import asyncio
import socket

loop = asyncio.new_event_loop()
here, there = socket.socketpair()


def readable():
    print("read", here.recv(16).decode())
    loop.remove_reader(here)
    loop.call_later(0.005, loop.stop)


def settled(future):
    print("settled with", future.result())
    loop.add_reader(here, readable)
    there.send(b"bytes")


future = loop.create_future()
future.add_done_callback(settled)

loop.call_later(0.005, future.set_result, 42)
loop.call_later(0.002, print, "later")
loop.call_soon(print, "first")
loop.call_soon(print, "second")
loop.call_soon(print, "never").cancel()
print("nothing is called before the loop runs")
loop.run_forever()
loop.close()
print("stopped")
