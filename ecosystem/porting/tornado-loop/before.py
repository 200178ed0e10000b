from datetime import timedelta

from tornado import gen
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.queues import Queue

ticks = []


def tick():
    ticks.append(None)
    print("tick", len(ticks))
    if len(ticks) == 3:
        periodic.stop()
        IOLoop.current().add_callback(IOLoop.current().stop)


async def work():
    queue = Queue()
    IOLoop.current().add_callback(queue.put, "a job")
    print("got", await queue.get())
    try:
        await gen.with_timeout(timedelta(milliseconds=5), gen.sleep(60))
    except gen.TimeoutError:
        print("too late")
    print("computed", await IOLoop.current().run_in_executor(None, pow, 2, 10))


IOLoop.current().run_sync(work)
periodic = PeriodicCallback(tick, 2)
periodic.start()
IOLoop.current().call_later(0.001, print, "called later")
IOLoop.current().start()
print("stopped")
