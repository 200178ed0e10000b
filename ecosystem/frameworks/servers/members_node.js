// The group of many members by Node's ws: node members_node.js PORT
const { WebSocket, WebSocketServer } = require('ws');

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4096 });
server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (said) => {
    for (const member of server.clients) {
      if (member.readyState === WebSocket.OPEN) member.send(said, { binary: true });
    }
  });
});
