"""Hello over HTTP by Tornado: python3 tornado_hello.py PORT"""
import sys

import tornado.ioloop
import tornado.web


class Hello(tornado.web.RequestHandler):
    def get(self):
        self.write("Ciao EuroPython\n")


tornado.web.Application([("/", Hello)]).listen(int(sys.argv[1]), "127.0.0.1")
tornado.ioloop.IOLoop.current().start()
