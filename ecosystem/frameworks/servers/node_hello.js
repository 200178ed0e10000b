// Hello over HTTP by Node: node node_hello.js PORT
const http = require("node:http");

const hello = (request, response) => {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end("Ciao EuroPython\n");
};

http.createServer(hello).listen(Number(process.argv[2]), "127.0.0.1", 4096);
