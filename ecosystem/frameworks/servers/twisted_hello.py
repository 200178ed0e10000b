"""Hello over HTTP by Twisted web: python3 twisted_hello.py PORT"""
import sys

from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import Site


class Hello(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"content-type", b"text/plain; charset=utf-8")
        return b"Ciao EuroPython\n"


reactor.listenTCP(int(sys.argv[1]), Site(Hello()), interface="127.0.0.1", backlog=4096)
reactor.run()
