import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

/** Long enough to read an answer; the sender's bytes go nowhere meanwhile. */
const LINGER_MS = 2_000;

/**
 * Closes connections whose request was answered before its body had ended, a while after the answer: at once, and the sender might
 * lose the answer to a reset; never, and a sender that stopped sending would keep the connection for minutes.
 */
@Injectable()
export class LingeringCloseHook {
  constructor(host: HttpAdapterHost) {
    const instance = host.httpAdapter.getInstance() as FastifyInstance;
    instance.addHook('onResponse', async ({ raw }) => {
      if (raw.complete || raw.destroyed) return;
      raw.resume();
      const { socket } = raw;
      const timer = setTimeout(() => socket.destroy(), LINGER_MS);
      const cancel = () => {
        clearTimeout(timer);
        raw.off('end', cancel);
        socket.off('close', cancel);
      };
      raw.on('end', cancel);
      // An answered request does not hear of it.
      socket.on('close', cancel);
    });
  }
}
