"""Hello over HTTP by aiohttp, on asyncio's loop or uvloop: python3 aiohttp_hello.py PORT [uvloop]"""
import sys

from aiohttp import web

if sys.argv[2:] == ["uvloop"]:
    import uvloop

    uvloop.install()


async def hello(request):
    return web.Response(text="Ciao EuroPython\n")


app = web.Application()
app.router.add_get("/", hello)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
