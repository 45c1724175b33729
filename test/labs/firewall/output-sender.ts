import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

/**
 * Runs inside the host under test and sends the datagrams of its own that OUTPUT is to see: one line of JSON each on standard input,
 * answered with one line when the kernel has taken (or refused) it.
 */
interface Order {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly payload: number;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line) as Order;
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  // A dropped datagram is EPERM to its sender: the judge says what became of it, not the socket.
  const finish = (): void => {
    socket.close(() => process.stdout.write('sent\n'));
  };
  socket.on('error', finish);
  socket.bind(order.sourcePort, order.source, () => socket.send(Buffer.alloc(order.payload), order.destinationPort, order.destination, finish));
});
