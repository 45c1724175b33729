import { createServer } from 'node:http';
import { hostname } from 'node:os';

/**
 * A member that says who it is: `node answer.ts 8080 [ADDRESS]` answers every request with the host's name. Listens on all addresses unless told.
 */
const [port = '80', address] = process.argv.slice(2);
createServer((request, response) => {
  response.setHeader('connection', 'close');
  response.end(`${hostname()} ${request.url ?? ''}\n`);
}).listen(Number(port), address);
