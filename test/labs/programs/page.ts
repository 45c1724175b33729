import { createServer } from 'node:http';

/**
 * A member with big and small answers: `node page.ts 80` gives as many bytes as the path says (`/6000`), in full segments and a shorter last one.
 */
const [port = '80'] = process.argv.slice(2);
createServer((request, response) => {
  response.setHeader('connection', 'close');
  response.end('x'.repeat(Number((request.url ?? '').slice(1)) || 10));
}).listen(Number(port));
