/**
 * `node:http`, got past its ES module. An import asks a built-in module for every name that it exports, and some of node:http's (WebSocket,
 * EventSource) load a whole HTTP client on being asked: 40 ms of every start and 13 MB for the life of the process.
 */
export const { createServer, request } = process.getBuiltinModule('node:http');
